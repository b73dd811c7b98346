-- One row per profile id that was ever used: the present one it leads to.
select
    alias_id,
    profile_id,
    since_at
from {{ ref('stg_kith__aliases') }}
