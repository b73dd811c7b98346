-- One row per check: of each batch that arrived, of the rows of it that were set aside or corrected, of the warehouse as a whole,
-- and of what the predictions were judged on.
with

arrivals as (
    select
        check_id,
        batch_id,
        source,
        check_name,
        'arrival' as kind,
        cast(null as string) as fate,
        case when is_blocking then 'error' else 'warning' end as severity,
        is_passed,
        is_blocking,
        cast(null as bigint) as observed_count,
        observed,
        expected,
        rows_in,
        rows_landed,
        rows_set_aside,
        checked_at
    from {{ ref('stg_kith__quality_checks') }}
),

bad_rows as (
    select
        fates.fate_id as check_id,
        fates.batch_id,
        fates.source,
        fates.reason as check_name,
        'bad_input' as kind,
        fates.fate,
        case when fates.fate = 'set_aside' then 'warning' else 'info' end as severity,
        fates.fate != 'set_aside' as is_passed,
        false as is_blocking,
        fates.row_count as observed_count,
        '{"field": "' || coalesce(fates.field, '') || '"}' as observed,
        '{"max": 0}' as expected,
        cast(null as bigint) as rows_in,
        cast(null as bigint) as rows_landed,
        cast(null as bigint) as rows_set_aside,
        fates.judged_at as checked_at
    from {{ ref('stg_kith__row_fates') }} as fates
),

warehouse as (
    select
        {{ stable_id(["'warehouse'", 'cast(' ~ microseconds('run.as_of') ~ ' as string)', 'counted.check_name']) }} as check_id,
        cast(null as string) as batch_id,
        'warehouse' as source,
        counted.check_name,
        'warehouse' as kind,
        counted.fate,
        counted.severity,
        counted.observed_count = 0 or counted.severity = 'info' as is_passed,
        false as is_blocking,
        counted.observed_count,
        '{}' as observed,
        '{"max": 0}' as expected,
        cast(null as bigint) as rows_in,
        cast(null as bigint) as rows_landed,
        cast(null as bigint) as rows_set_aside,
        run.as_of as checked_at
    from {{ ref('int_bad_input__counted') }} as counted
    cross join {{ ref('stg_kith__runs') }} as run
),

-- A feature, or the scores, of a prediction: how far from those on whom its champion was judged.
drifts as (
    select
        {{ stable_id(["'drift'", 'drift.model', 'cast(' ~ microseconds('drift.as_of') ~ ' as string)', 'drift.feature']) }} as check_id,
        cast(null as string) as batch_id,
        drift.model as source,
        'drift of ' || drift.feature as check_name,
        'drift' as kind,
        cast(null as string) as fate,
        case when drift.reading = 'drifted' then 'warning' else 'info' end as severity,
        drift.reading != 'drifted' as is_passed,
        false as is_blocking,
        cast(null as bigint) as observed_count,
        '{"stability_index": ' || cast(round(drift.stability_index, 4) as string) || '}' as observed,
        '{"max": 0.25}' as expected,
        drift.row_count as rows_in,
        cast(null as bigint) as rows_landed,
        cast(null as bigint) as rows_set_aside,
        drift.as_of as checked_at
    from {{ ref('stg_kith__drift') }} as drift
),

checks as (
    select * from arrivals
    union all
    select * from bad_rows
    union all
    select * from warehouse
    union all
    select * from drifts
)

select
    check_id,
    batch_id,
    source,
    check_name,
    kind,
    fate,
    severity,
    is_passed,
    is_blocking,
    observed_count,
    observed,
    expected,
    rows_in,
    rows_landed,
    rows_set_aside,
    checked_at as {{ named('at') }}
from checks
