-- One row per funnel with an order of steps and profile: its best attempt, with the instant of each step that it reached.
-- Best: the most steps, then the earliest to reach the last of them, then the latest to begin.
{%- set last = most_funnel_steps() %}

with

funnels as (
    select
        funnel,
        attempts,
        window_microseconds,
        period_microseconds,
        {%- for level in range(1, last) %}
        max(case when step_number = {{ level }} then link_id end) as link_{{ level }},
        {%- endfor %}
        max(case when step_number = 1 then matcher_id end) as matcher_id
    from {{ ref('stg_kith__funnel_steps') }}
    where step_order != 'any'
    group by funnel, attempts, window_microseconds, period_microseconds
),

links as (select * from {{ ref('int_funnel_steps__linked') }}),

-- Of attempts that meet at the second step the one that began last gets furthest.
nearest as (
    select
        link_id,
        profile_id,
        next_microseconds,
        max(acted_microseconds) as acted_microseconds
    from links
    group by link_id, profile_id, next_microseconds
),

entered as (
    select
        funnels.*,
        entered.profile_id,
        entered.first_microseconds,
        case when funnels.attempts = 'first' then funnels.link_1 end as first_link
    from funnels
    inner join {{ ref('int_funnel_steps__entered') }} as entered
        on
            funnels.matcher_id = entered.matcher_id
            and funnels.period_microseconds = entered.period_microseconds
),

level_2 as (
    select
        funnels.funnel,
        nearest.profile_id,
        nearest.acted_microseconds as step_1,
        nearest.next_microseconds as step_2
    from funnels
    cross join {{ ref('stg_kith__runs') }} as run
    inner join nearest on funnels.link_1 = nearest.link_id
    where
        funnels.attempts = 'any'
        and nearest.acted_microseconds >= {{ microseconds('run.as_of') }} - funnels.period_microseconds
        and nearest.next_microseconds - nearest.acted_microseconds <= funnels.window_microseconds
    union all
    select
        entered.funnel,
        entered.profile_id,
        entered.first_microseconds as step_1,
        case
            when links.next_microseconds - links.acted_microseconds <= entered.window_microseconds then links.next_microseconds
        end as step_2
    from entered
    left join links
        on
            entered.first_link = links.link_id
            and entered.profile_id = links.profile_id
            and entered.first_microseconds = links.acted_microseconds
),

{%- for level in range(3, last + 1) %}

level_{{ level }} as (
    select
        reached.*,
        case
            when links.next_microseconds - reached.step_1 <= funnels.window_microseconds then links.next_microseconds
        end as step_{{ level }}
    from level_{{ level - 1 }} as reached
    inner join funnels on reached.funnel = funnels.funnel
    left join links
        on
            funnels.link_{{ level - 1 }} = links.link_id
            and reached.profile_id = links.profile_id
            and reached.step_{{ level - 1 }} = links.acted_microseconds
),
{%- endfor %}

measured as (
    select
        *,
        coalesce(
            {%- for level in range(last, 1, -1) %}
            case when step_{{ level }} is not null then {{ level }} end,
            {%- endfor %}
            1
        ) as depth,
        coalesce(
            {%- for level in range(last, 1, -1) %}
            step_{{ level }},
            {%- endfor %}
            step_1
        ) as last_microseconds
    from level_{{ last }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by funnel, profile_id
            order by depth desc, last_microseconds asc, step_1 desc
        ) as attempt_rank
    from measured
)

select
    funnel,
    profile_id,
    {%- for level in range(1, last + 1) %}
    step_{{ level }},
    {%- endfor %}
    cast(depth as bigint) as depth
from ranked
where attempt_rank = 1
