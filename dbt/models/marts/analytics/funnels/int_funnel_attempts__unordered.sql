-- One row per funnel without an order of steps and profile: its best attempt, with the instant at which it had done one step, two, …
-- An attempt begins with any step and holds all that is done within the window of it; an act that does several steps counts for each.
{%- set last = most_funnel_steps() %}

with

funnels as (
    select distinct
        funnel,
        basket_id,
        attempts,
        window_microseconds,
        period_microseconds
    from {{ ref('stg_kith__funnel_steps') }}
    where basket_id is not null
),

within_window as (
    select
        {%- for number in range(1, last + 1) %}
        case
            when ahead.next_{{ number }} - ahead.acted_microseconds <= funnels.window_microseconds then ahead.next_{{ number }}
        end as next_{{ number }},
        {%- endfor %}
        funnels.funnel,
        funnels.attempts,
        ahead.profile_id,
        ahead.acted_microseconds,
        min(ahead.acted_microseconds) over (partition by funnels.funnel, ahead.profile_id) as first_microseconds
    from funnels
    cross join {{ ref('stg_kith__runs') }} as run
    inner join {{ ref('int_funnel_baskets__ahead') }} as ahead on funnels.basket_id = ahead.basket_id
    where ahead.acted_microseconds >= {{ microseconds('run.as_of') }} - funnels.period_microseconds
),

measured as (
    select
        *,
        0
        {%- for number in range(1, last + 1) %}
        + case when next_{{ number }} is null then 0 else 1 end
        {%- endfor %} as depth,
        greatest(
            {%- for number in range(1, last + 1) %}
            coalesce(next_{{ number }}, 0),
            {%- endfor %}
            0
        ) as last_microseconds
    from within_window
    where
        attempts = 'any'
        or acted_microseconds = first_microseconds
),

ranked as (
    select
        *,
        row_number() over (
            partition by funnel, profile_id
            order by depth desc, last_microseconds asc, acted_microseconds desc
        ) as attempt_rank
    from measured
),

counted as (
    {%- for number in range(1, last + 1) %}
    {{- '\n    union all' if number > 1 }}
    select
        funnel,
        profile_id,
        depth,
        {{ number }} as step_number,
        next_{{ number }} as done_microseconds
    from ranked
    where
        attempt_rank = 1
        and next_{{ number }} is not null
    {%- endfor %}
),

numbered as (
    select
        *,
        row_number() over (partition by funnel, profile_id order by done_microseconds, step_number) as place
    from counted
)

select
    funnel,
    profile_id,
    {%- for number in range(1, last + 1) %}
    max(case when place = {{ number }} then done_microseconds end) as step_{{ number }},
    {%- endfor %}
    cast(depth as bigint) as depth
from numbered
group by funnel, profile_id, depth
