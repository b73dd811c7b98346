-- One row per identifier and the profile that holds it.
select
    identifier_type,
    identifier_value,
    profile_id,
    first_received_at
from {{ lake_table(source('lake', 'identifiers')) }}
