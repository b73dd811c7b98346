-- One row per segment, profile and change of membership, under the id with which it was evaluated.
select
    segment,
    profile_id,
    change,
    reason,
    changed_at as {{ named('at') }},
    version
from {{ ref('stg_kith__segment_history') }}
