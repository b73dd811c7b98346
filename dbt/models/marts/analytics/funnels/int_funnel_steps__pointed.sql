-- One row per link (a step and the next one, shared by all funnels that ask for the two), profile and instant at which the step was
-- done: when the next one was first done from there. Acts of one instant count in the order of the steps, but for repeats.
with

steps as (
    select distinct
        funnel,
        step_order,
        step_number,
        matcher_id,
        link_id
    from {{ ref('stg_kith__funnel_steps') }}
),

links as (
    select distinct
        begins.link_id,
        begins.step_order,
        begins.matcher_id,
        ends.matcher_id as next_matcher_id
    from steps as begins
    inner join steps as ends
        on
            begins.funnel = ends.funnel
            and begins.step_number + 1 = ends.step_number
    where begins.link_id is not null
),

-- At one instant repeats come first, then beginnings, then other ends.
ends as (
    select
        links.link_id,
        links.step_order,
        done.profile_id,
        done.acted_microseconds,
        1 as place
    from {{ ref('int_funnel_steps__done') }} as done
    inner join links on done.matcher_id = links.matcher_id
    union all
    select
        links.link_id,
        links.step_order,
        done.profile_id,
        done.acted_microseconds,
        case when repeats.link_id is null then 2 else 0 end as place
    from {{ ref('int_funnel_steps__done') }} as done
    inner join links on done.matcher_id = links.next_matcher_id
    left join {{ ref('int_funnel_links__repeated') }} as repeats
        on
            links.link_id = repeats.link_id
            and done.profile_id = repeats.profile_id
            and done.acted_microseconds = repeats.acted_microseconds
),

pointed as (
    select
        *,
        min(case when place != 1 then acted_microseconds end) over (
            partition by link_id, profile_id
            order by acted_microseconds, place
            rows between 1 following and unbounded following
        ) as next_microseconds
    from ends
)

select
    link_id,
    step_order,
    profile_id,
    acted_microseconds,
    next_microseconds
from pointed
where
    place = 1
    and next_microseconds is not null
