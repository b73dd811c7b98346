-- One row per funnel without an order of steps and profile: its best attempt, with the instant at which it had done one step, two, …
-- An attempt begins with any step and holds all that is done within the window of it; an act that does several steps counts for each.
{%- set last = most_funnel_steps() %}

with

funnels as (
    select distinct
        funnel,
        attempts,
        window_microseconds
    from {{ ref('stg_kith__funnel_steps') }}
    where step_order = 'any'
),

done as (
    select
        {%- for number in range(1, last + 1) %}
        min(case when steps.step_number = {{ number }} then steps.acted_microseconds end) as done_{{ number }},
        {%- endfor %}
        steps.funnel,
        steps.profile_id,
        steps.acted_microseconds,
        funnels.window_microseconds,
        funnels.attempts
    from {{ ref('int_funnel_steps__done') }} as steps
    inner join funnels on steps.funnel = funnels.funnel
    group by steps.funnel, steps.profile_id, steps.acted_microseconds, funnels.window_microseconds, funnels.attempts
),

ahead as (
    select
        {%- for number in range(1, last + 1) %}
        min(done_{{ number }}) over (
            partition by funnel, profile_id
            order by acted_microseconds
            rows between current row and unbounded following
        ) as next_{{ number }},
        {%- endfor %}
        funnel,
        profile_id,
        acted_microseconds,
        attempts,
        window_microseconds,
        min(acted_microseconds) over (partition by funnel, profile_id) as first_microseconds
    from done
),

within_window as (
    select
        {%- for number in range(1, last + 1) %}
        case when next_{{ number }} - acted_microseconds <= window_microseconds then next_{{ number }} end as next_{{ number }},
        {%- endfor %}
        funnel,
        profile_id,
        acted_microseconds
    from ahead
    where
        attempts = 'any'
        or acted_microseconds = first_microseconds
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
