-- One row per funnel and profile that entered it: its best attempt, and whether it may still get further.
{%- set last = most_funnel_steps() %}

with

funnels as (
    select distinct
        funnel,
        step_count,
        window_microseconds
    from {{ ref('stg_kith__funnel_steps') }}
),

attempts as (
    select * from {{ ref('int_funnel_attempts__ordered') }}
    union all
    select * from {{ ref('int_funnel_attempts__unordered') }}
),

entrances as (
    select distinct
        funnel,
        attempts,
        matcher_id,
        period_microseconds
    from {{ ref('stg_kith__funnel_steps') }}
    where
        step_number = 1
        or step_order = 'any'
),

-- The attempt that may still go on is the last one to begin.
begun as (
    select
        entrances.funnel,
        entered.profile_id,
        case
            when entrances.attempts = 'first' then min(entered.first_microseconds)
            else max(entered.last_microseconds)
        end as begun_microseconds
    from entrances
    inner join {{ ref('int_funnel_steps__entered') }} as entered
        on
            entrances.matcher_id = entered.matcher_id
            and entrances.period_microseconds = entered.period_microseconds
    group by entrances.funnel, entered.profile_id, entrances.attempts
)

select
    attempts.funnel,
    attempts.profile_id,
    attempts.depth,
    {%- for number in range(1, last + 1) %}
    attempts.step_{{ number }},
    {%- endfor %}
    attempts.depth < funnels.step_count
    and begun.begun_microseconds + funnels.window_microseconds >= {{ microseconds('run.as_of') }} as is_open
from attempts
cross join {{ ref('stg_kith__runs') }} as run
inner join funnels on attempts.funnel = funnels.funnel
inner join begun
    on
        attempts.funnel = begun.funnel
        and attempts.profile_id = begun.profile_id
