-- One row per check of each batch that arrived: what was expected, what was found, and what became of its rows.
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
    checked_at as {{ named('at') }}
from {{ ref('stg_kith__quality_checks') }}
