-- One row per kind of cohort, grain, cohort and profile of it, and later period in which it was active, counted from its first (0).
-- Who was seen first is active by any act; who ordered first, by an order.
{%- set grains = retention_periods() %}

with

active as (
    {%- for grain in grains %}
    {{- '\n    union all' if not loop.first }}
    select distinct
        '{{ grain }}' as period,
        profile_id,
        {{ first_day_of(grain, 'active_on') }} as period_on,
        has_order
    from {{ ref('int_profile_days__active') }}
    {%- endfor %}
)

select
    cohorts.cohort_by,
    cohorts.period,
    cohorts.cohort_on,
    cohorts.profile_id,
    {{ periods_between('cohorts.period', 'cohorts.cohort_on', 'active.period_on') }} as period_number
from {{ ref('int_retention__cohorts') }} as cohorts
inner join active
    on
        cohorts.profile_id = active.profile_id
        and cohorts.period = active.period
        and cohorts.cohort_on <= active.period_on
where
    cohorts.cohort_by = 'first_seen'
    or active.has_order
group by 1, 2, 3, 4, 5
