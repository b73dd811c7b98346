-- One row per profile id that was ever used, leading to the present one.
select
    alias_id,
    profile_id,
    since_at
from {{ lake_table(source('lake', 'aliases')) }}
