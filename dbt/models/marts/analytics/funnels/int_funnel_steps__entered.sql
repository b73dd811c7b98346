-- One row per matcher, period and profile that did what the matcher asks for in it: the first time and the last.
with

periods as (
    select distinct
        matcher_id,
        period_microseconds
    from {{ ref('stg_kith__funnel_steps') }}
    where
        step_number = 1
        or step_order = 'any'
)

select
    periods.matcher_id,
    periods.period_microseconds,
    done.profile_id,
    min(done.acted_microseconds) as first_microseconds,
    max(done.acted_microseconds) as last_microseconds
from {{ ref('int_funnel_steps__done') }} as done
inner join periods on done.matcher_id = periods.matcher_id
cross join {{ ref('stg_kith__runs') }} as run
where done.acted_microseconds >= {{ microseconds('run.as_of') }} - periods.period_microseconds
group by periods.matcher_id, periods.period_microseconds, done.profile_id
