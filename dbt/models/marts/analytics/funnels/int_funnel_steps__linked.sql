-- One row per funnel that asks for an order of steps, profile, step done and instant: when the next step followed.
-- In a strict funnel it follows only if no other act of a visit lies between the two instants.
with

pointed as (select * from {{ ref('int_funnel_steps__pointed') }}),

strict_links as (
    select * from pointed
    where
        step_order = 'strict'
        and next_microseconds is not null
),

strict_people as (
    select distinct profile_id from strict_links
),

-- What a person does in visits, and among it the links that it may break.
crossed as (
    select
        events.profile_id,
        null as funnel,
        null as step_number,
        {{ microseconds('events.occurred_at') }} as acted_microseconds,
        null as next_microseconds,
        0 as place
    from {{ ref('events') }} as events
    inner join strict_people on events.profile_id = strict_people.profile_id
    where {{ is_visit_event() }}
    union all
    select
        profile_id,
        funnel,
        step_number,
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
),

broken as (
    select
        funnel,
        profile_id,
        step_number,
        acted_microseconds
    from followed
    where
        place = 1
        and other_microseconds < next_microseconds
)

select
    pointed.funnel,
    pointed.profile_id,
    pointed.step_number,
    pointed.acted_microseconds,
    case when broken.funnel is null then pointed.next_microseconds end as next_microseconds
from pointed
left join broken
    on
        pointed.funnel = broken.funnel
        and pointed.profile_id = broken.profile_id
        and pointed.step_number = broken.step_number
        and pointed.acted_microseconds = broken.acted_microseconds
