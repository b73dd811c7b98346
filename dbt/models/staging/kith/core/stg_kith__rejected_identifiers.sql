-- One row per type of identifier and reason for which values named nobody.
select
    identifier_type,
    reason,
    row_count,
    example
from {{ lake_table(source('lake', 'rejected')) }}
