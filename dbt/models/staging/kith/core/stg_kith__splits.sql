-- One row per pair of identifiers that somebody took apart, or let join again.
select
    left_type,
    left_value,
    right_type,
    right_value,
    is_apart,
    reason,
    effective_at
from {{ lake_table(source('lake', 'splits')) }}
