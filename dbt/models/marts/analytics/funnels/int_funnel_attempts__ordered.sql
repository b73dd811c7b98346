-- One row per funnel with an order of steps and profile: its best attempt, with the instant of each step that it reached.
-- Best: the most steps, then the earliest to reach the last of them, then the latest to begin.
{%- set last = most_funnel_steps() %}

with

funnels as (
    select distinct
        funnel,
        attempts,
        window_microseconds
    from {{ ref('stg_kith__funnel_steps') }}
),

links as (select * from {{ ref('int_funnel_steps__linked') }}),

starts as (
    select
        links.funnel,
        links.profile_id,
        funnels.attempts,
        funnels.window_microseconds,
        links.acted_microseconds as step_1,
        case
            when links.next_microseconds - links.acted_microseconds <= funnels.window_microseconds then links.next_microseconds
        end as step_2,
        min(links.acted_microseconds) over (partition by links.funnel, links.profile_id) as first_microseconds
    from links
    inner join funnels on links.funnel = funnels.funnel
    where links.step_number = 1
),

-- Of attempts that meet at the second step, the one that began last gets furthest; of those that go nowhere, the first is kept.
level_2 as (
    select
        funnel,
        profile_id,
        window_microseconds,
        case when step_2 is null then min(step_1) else max(step_1) end as step_1,
        step_2
    from starts
    where
        attempts = 'any'
        or step_1 = first_microseconds
    group by funnel, profile_id, window_microseconds, step_2
),

{%- for level in range(3, last + 1) %}

level_{{ level }} as (
    select
        reached.*,
        case
            when links.next_microseconds - reached.step_1 <= reached.window_microseconds then links.next_microseconds
        end as step_{{ level }}
    from level_{{ level - 1 }} as reached
    left join links
        on
            reached.funnel = links.funnel
            and reached.profile_id = links.profile_id
            and reached.step_{{ level - 1 }} = links.acted_microseconds
            and links.step_number = {{ level - 1 }}
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
