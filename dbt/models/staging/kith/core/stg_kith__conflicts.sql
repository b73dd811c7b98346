-- One row per pair of identifiers that came together and was not joined.
select
    left_type,
    left_value,
    right_type,
    right_value,
    reason,
    rule,
    first_received_at,
    edge_count
from {{ lake_table(source('lake', 'conflicts')) }}
