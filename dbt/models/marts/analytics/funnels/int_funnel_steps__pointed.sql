-- One row per funnel that asks for an order of steps, profile, step done and instant: when the next step was first done from there.
-- Steps of one instant count in the order of the funnel, but for repeats.
with

funnels as (
    select distinct
        funnel,
        step_order
    from {{ ref('stg_kith__funnel_steps') }}
    where step_order != 'any'
),

done as (
    select
        steps.*,
        funnels.step_order
    from {{ ref('int_funnel_steps__done') }} as steps
    inner join funnels on steps.funnel = funnels.funnel
),

-- A step begins the link of its number and ends the one before; at one instant repeats come first, then beginnings, then other ends.
ends as (
    select
        funnel,
        profile_id,
        step_number as link_number,
        step_order,
        acted_microseconds,
        1 as place
    from done
    union all
    select
        funnel,
        profile_id,
        step_number - 1 as link_number,
        step_order,
        acted_microseconds,
        case when is_repeat then 0 else 2 end as place
    from done
    where step_number > 1
),

pointed as (
    select
        *,
        min(case when place != 1 then acted_microseconds end) over (
            partition by funnel, profile_id, link_number
            order by acted_microseconds, place
            rows between 1 following and unbounded following
        ) as next_microseconds
    from ends
)

select
    funnel,
    profile_id,
    link_number as step_number,
    step_order,
    acted_microseconds,
    next_microseconds
from pointed
where place = 1
