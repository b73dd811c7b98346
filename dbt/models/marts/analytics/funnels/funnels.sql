-- One row per funnel, value of its breakdown and step: how many people reached it, and how long it took them.
{%- set times = [
    'median_seconds_from_previous', 'p90_seconds_from_previous', 'median_seconds_from_first', 'p90_seconds_from_first'
] %}

with

steps as (
    select distinct
        funnel,
        version,
        step_order,
        attempts,
        window_microseconds,
        period_microseconds,
        step_count,
        step_number,
        step,
        breakdown_kind || '.' || breakdown_column as breakdown
    from {{ ref('stg_kith__funnel_steps') }}
),

reached as (select * from {{ ref('int_funnel_steps__reached') }}),

shown_values as (
    select
        funnel,
        '(all)' as shown_value
    from steps
    union distinct
    select
        funnel,
        shown_value
    from reached
),

counted as (
    select
        steps.*,
        shown_values.shown_value,
        coalesce(reached.reached_count, 0) as reached_count,
        coalesce(reached.open_count, 0) as open_count,
        {%- for column in times %}
        case when steps.step_number > 1 then reached.{{ column }} end as {{ column }},
        {%- endfor %}
        lag(coalesce(reached.reached_count, 0)) over (
            partition by steps.funnel, shown_values.shown_value order by steps.step_number
        ) as previous_count,
        first_value(coalesce(reached.reached_count, 0)) over (
            partition by steps.funnel, shown_values.shown_value order by steps.step_number
        ) as entered_count
    from steps
    inner join shown_values on steps.funnel = shown_values.funnel
    left join reached
        on
            shown_values.funnel = reached.funnel
            and shown_values.shown_value = reached.shown_value
            and steps.step_number = reached.step_number
)

select
    counted.funnel,
    counted.version,
    counted.step_order,
    counted.attempts,
    cast(counted.window_microseconds as double) / 1000000 as window_seconds,
    cast(counted.period_microseconds as double) / 1000000 as period_seconds,
    counted.breakdown,
    counted.shown_value as breakdown_value,
    counted.step_number,
    case
        when counted.step_order != 'any' then counted.step
        else concat(counted.step_number, ' of ', counted.step_count)
    end as step,
    cast(counted.entered_count as bigint) as entered_count,
    cast(counted.reached_count as bigint) as reached_count,
    cast(counted.open_count as bigint) as open_count,
    {{ rate('counted.reached_count', 'counted.previous_count') }} as conversion_from_previous,
    {{ rate('counted.reached_count', 'counted.entered_count') }} as conversion_from_first,
    {%- for column in times %}
    counted.{{ column }},
    {%- endfor %}
    run.as_of
from counted
cross join {{ ref('stg_kith__runs') }} as run
