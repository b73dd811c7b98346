-- One row per profile and day on which it did something itself in a visit, or ordered. Days are UTC; machines are left out.
with

people as (
    select profile_id from {{ ref('profiles') }}
    where not is_bot
),

visits as (
    select
        profile_id,
        cast(started_at as date) as active_on
    from {{ ref('sessions') }}
    where not is_bot
    union all
    -- A visit across midnight is activity of both days.
    select
        profile_id,
        cast(ended_at as date) as active_on
    from {{ ref('sessions') }}
    where not is_bot
),

acts as (
    select
        profile_id,
        active_on,
        0 as is_order
    from visits
    union all
    select
        profile_id,
        cast(ordered_at as date) as active_on,
        1 as is_order
    from {{ ref('orders') }}
    where
        has_completion
        and not is_cancelled
)

select
    acts.profile_id,
    acts.active_on,
    max(acts.is_order) = 1 as has_order
from acts
inner join people on acts.profile_id = people.profile_id
cross join {{ ref('stg_kith__runs') }} as run
where {{ microseconds('cast(acts.active_on as timestamp)') }} < {{ microseconds('run.as_of') }}
group by acts.profile_id, acts.active_on
