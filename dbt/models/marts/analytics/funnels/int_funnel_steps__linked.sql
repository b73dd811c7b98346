-- One row per link, profile and instant from which the next step followed. In a strict funnel it follows only if no other act of a
-- visit lies between the two instants.
with

strict_links as (
    select
        link_id,
        profile_id,
        acted_microseconds,
        next_microseconds
    from {{ ref('int_funnel_steps__pointed') }}
    where step_order = 'strict'
),

strict_people as (
    select distinct profile_id from strict_links
),

-- What a person does in visits, and among it the links that it may break.
crossed as (
    select
        cast(null as string) as link_id,
        events.profile_id,
        {{ microseconds('events.occurred_at') }} as acted_microseconds,
        cast(null as bigint) as next_microseconds,
        0 as place
    from {{ ref('events') }} as events
    inner join strict_people on events.profile_id = strict_people.profile_id
    where {{ is_visit_event() }}
    union all
    select
        link_id,
        profile_id,
        acted_microseconds,
        next_microseconds,
        1 as place
    from strict_links
),

followed as (
    select
        *,
        min(case when place = 0 then acted_microseconds end) over (
            partition by profile_id
            order by acted_microseconds, place
            rows between 1 following and unbounded following
        ) as other_microseconds
    from crossed
)

select
    link_id,
    profile_id,
    acted_microseconds,
    next_microseconds
from followed
where
    place = 1
    and (other_microseconds is null or other_microseconds >= next_microseconds)
union all
select
    link_id,
    profile_id,
    acted_microseconds,
    next_microseconds
from {{ ref('int_funnel_steps__pointed') }}
where step_order != 'strict'
