-- One row per day from the first event to the run's as_of: the time spine of the metrics.
{{ config(materialized='table') }}

with

bounds as (
    select
        cast(min(events.occurred_on) as timestamp) as first_at,
        max(run.as_of) as last_at
    from {{ ref('events_daily') }} as events
    cross join {{ ref('stg_kith__runs') }} as run
),

-- 40,000 days are 109 years; an event that claims to be older makes the calendar no longer.
days as (
    select
        {{ microseconds_after('bounds.first_at', 'numbers.number * 86400000000') }} as day_at,
        bounds.last_at
    from {{ numbers(40000) }} as numbers
    cross join bounds
    where bounds.first_at is not null
)

select cast(day_at as date) as calendar_on
from days
where day_at <= last_at
