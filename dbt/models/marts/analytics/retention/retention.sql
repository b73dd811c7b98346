-- One row per kind of cohort, grain, cohort and period since: how many of the cohort were active in it, in it or later, and since.
-- A period that isn't over as of the run has no counts. Reported are days 0 to 30, weeks 0 to 26, months 0 to 12.
{%- set cohort = 'cohort_by, period, cohort_on' %}

with

sizes as (
    select
        {{ cohort }},
        count(*) as cohort_count
    from {{ ref('int_retention__cohorts') }}
    group by {{ cohort }}
),

spans as (
    select
        sizes.*,
        numbers.number as period_number,
        {{ periods_between('sizes.period', 'sizes.cohort_on', 'cast(run.as_of as date)') }} > numbers.number as is_complete,
        run.as_of
    from sizes
    cross join {{ ref('stg_kith__runs') }} as run
    cross join {{ numbers(31) }} as numbers
    where
        numbers.number <= case sizes.period when 'day' then 30 when 'week' then 26 else 12 end
        and {{ periods_between('sizes.period', 'sizes.cohort_on', 'cast(run.as_of as date)') }} >= numbers.number
),

-- Gone before period n: whose last activity lies earlier. Back by period n: whose first return lies at or before it.
reckoned as (
    select
        spans.*,
        coalesce(summed.active_count, 0) as active_count,
        sum(coalesce(summed.last_count, 0)) over (
            partition by spans.cohort_by, spans.period, spans.cohort_on order by spans.period_number
        ) - coalesce(summed.last_count, 0) as gone_count,
        sum(coalesce(summed.first_count, 0)) over (
            partition by spans.cohort_by, spans.period, spans.cohort_on order by spans.period_number
        ) as back_count
    from spans
    left join {{ ref('int_retention__counted') }} as summed
        on
            spans.cohort_by = summed.cohort_by
            and spans.period = summed.period
            and spans.cohort_on = summed.cohort_on
            and spans.period_number = summed.period_number
)

select
    cohort_by,
    period,
    cohort_on,
    period_number,
    is_complete,
    cast(cohort_count as bigint) as cohort_count,
    case when is_complete then cast(active_count as bigint) end as active_count,
    case when is_complete then cast(cohort_count - gone_count as bigint) end as unbounded_count,
    case when is_complete then cast(back_count as bigint) end as returned_count,
    case when is_complete then {{ rate('active_count', 'cohort_count') }} end as active_rate,
    case when is_complete then {{ rate('cohort_count - gone_count', 'cohort_count') }} end as unbounded_rate,
    case when is_complete then {{ rate('back_count', 'cohort_count') }} end as returned_rate,
    as_of
from reckoned
