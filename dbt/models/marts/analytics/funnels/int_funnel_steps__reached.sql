-- One row per funnel, value shown of its breakdown and step that somebody reached: how many did, and after how long.
-- '(all)' is everybody; beyond the twenty values that most people entered with, values are counted together as '(other)'.
{%- set last = most_funnel_steps() %}

with

attempts as (select * from {{ ref('int_funnel_attempts__chosen') }}),

placed as (select * from {{ ref('int_funnel_profiles__placed') }}),

sizes as (
    select
        funnel,
        breakdown_value,
        row_number() over (partition by funnel order by count(*) desc, breakdown_value asc) as value_rank
    from placed
    group by funnel, breakdown_value
),

people as (
    select
        attempts.*,
        '(all)' as shown_value
    from attempts
    union all
    select
        attempts.*,
        case when sizes.value_rank <= 20 then sizes.breakdown_value else '(other)' end as shown_value
    from attempts
    inner join placed
        on
            attempts.funnel = placed.funnel
            and attempts.profile_id = placed.profile_id
    inner join sizes
        on
            placed.funnel = sizes.funnel
            and placed.breakdown_value = sizes.breakdown_value
),

timed as (
    {%- for number in range(1, last + 1) %}
    {{- '\n    union all' if number > 1 }}
    select
        funnel,
        shown_value,
        {{ number }} as step_number,
        case when is_open and depth = {{ number }} then 1 else 0 end as is_open,
        cast(step_{{ number }} - step_{{ [number - 1, 1] | max }} as double) / 1000000 as seconds_from_previous,
        cast(step_{{ number }} - step_1 as double) / 1000000 as seconds_from_first
    from people
    where depth >= {{ number }}
    {%- endfor %}
),

ranked as (
    select
        *,
        row_number() over (partition by funnel, shown_value, step_number order by seconds_from_previous) as previous_rank,
        row_number() over (partition by funnel, shown_value, step_number order by seconds_from_first) as first_rank,
        count(*) over (partition by funnel, shown_value, step_number) as reached_count
    from timed
)

select
    funnel,
    shown_value,
    step_number,
    reached_count,
    sum(is_open) as open_count,
    {{ percentile('seconds_from_previous', 'previous_rank', 'reached_count', 50) }} as median_seconds_from_previous,
    {{ percentile('seconds_from_previous', 'previous_rank', 'reached_count', 90) }} as p90_seconds_from_previous,
    {{ percentile('seconds_from_first', 'first_rank', 'reached_count', 50) }} as median_seconds_from_first,
    {{ percentile('seconds_from_first', 'first_rank', 'reached_count', 90) }} as p90_seconds_from_first
from ranked
group by funnel, shown_value, step_number, reached_count
