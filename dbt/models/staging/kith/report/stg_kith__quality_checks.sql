-- One row per check of each batch that arrived.
select
    check_id,
    batch_id,
    source,
    check_name,
    is_passed,
    is_blocking,
    observed,
    expected,
    rows_in,
    rows_landed,
    rows_set_aside,
    checks.at as checked_at
from {{ lake_table(source('lake', 'quality_checks')) }} as checks
