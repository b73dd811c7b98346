-- One row per matcher of funnels, profile and instant at which the profile did what it asks for, within the longest period that asks.
with

matchers as (
    select
        matcher_id,
        max(period_microseconds) as period_microseconds
    from {{ ref('stg_kith__funnel_steps') }}
    group by matcher_id
)

select
    acts.matcher_id,
    acts.profile_id,
    acts.acted_microseconds,
    min(acts.told_text) as told_text
from {{ ref('int_funnel_acts__judged') }} as acts
inner join matchers on acts.matcher_id = matchers.matcher_id
cross join {{ ref('stg_kith__runs') }} as run
where
    acts.acted_microseconds < {{ microseconds('run.as_of') }}
    and acts.acted_microseconds >= {{ microseconds('run.as_of') }} - matchers.period_microseconds
group by acts.matcher_id, acts.profile_id, acts.acted_microseconds
