-- One row per funnel, step, profile and instant at which the profile did the step, in the funnel's period before the run.
-- `is_repeat`: all that did it there also does an earlier step of the funnel, so it follows no step of the same instant.
with

steps as (
    select distinct
        funnel,
        step_number,
        matcher_id,
        has_repeated_acts,
        period_microseconds
    from {{ ref('stg_kith__funnel_steps') }}
),

done as (
    select
        steps.funnel,
        steps.step_number,
        steps.has_repeated_acts,
        acts.profile_id,
        acts.act_id,
        acts.acted_microseconds,
        acts.told_text
    from {{ ref('int_funnel_acts__judged') }} as acts
    inner join steps on acts.matcher_id = steps.matcher_id
    cross join {{ ref('stg_kith__runs') }} as run
    where
        acts.acted_microseconds < {{ microseconds('run.as_of') }}
        and acts.acted_microseconds >= {{ microseconds('run.as_of') }} - steps.period_microseconds
),

-- Only a funnel that asks for one kind of act twice can meet an act twice.
compared as (
    select
        *,
        step_number > min(step_number) over (partition by funnel, act_id) as is_repeat
    from done
    where has_repeated_acts
    union all
    select
        *,
        false as is_repeat
    from done
    where not has_repeated_acts
)

select
    funnel,
    step_number,
    profile_id,
    acted_microseconds,
    min(case when is_repeat then 1 else 0 end) = 1 as is_repeat,
    min(told_text) as told_text
from compared
group by funnel, step_number, profile_id, acted_microseconds
