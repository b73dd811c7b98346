-- One row per id that a profile may once have had: the present one it leads to.
select
    alias_id,
    profile_id,
    since_at
from {{ ref('stg_kith__aliases') }}
