-- One row per event, order and start of a visit that may be a step of some funnel, without those of machines.
-- What can be compared of an order or a visit stands in `properties` too, as JSON, so that all acts are alike.
with

wanted as (
    select distinct act_kind from {{ ref('stg_kith__funnel_steps') }}
),

machine_visits as (
    select
        coalesce(anonymous_id, user_id) as visitor_id,
        started_at,
        ended_at
    from {{ ref('sessions') }}
    where is_bot
),

machine_answers as (
    select event_id from {{ ref('int_message_feedback__classified') }}
    where is_machine
),

happened as (
    select
        events.event_id as act_id,
        events.profile_id,
        events.occurred_at,
        coalesce(events.anonymous_id, events.user_id) as visitor_id,
        case when events.type = 'track' then 'track:' || events.event else events.type end as act_kind,
        events.properties
    from {{ ref('events') }} as events
    where events.type in ('track', 'page', 'screen')
),

event_acts as (
    select
        happened.act_kind,
        happened.act_id,
        happened.profile_id,
        happened.occurred_at,
        happened.properties
    from happened
    inner join wanted on happened.act_kind = wanted.act_kind
    left join machine_visits
        on
            happened.visitor_id = machine_visits.visitor_id
            and happened.occurred_at >= machine_visits.started_at
            and happened.occurred_at <= machine_visits.ended_at
    left join machine_answers on happened.act_id = machine_answers.event_id
    where
        machine_visits.visitor_id is null
        and machine_answers.event_id is null
),

acts as (
    select * from event_acts
    union all
    select
        'order' as act_kind,
        order_id as act_id,
        profile_id,
        ordered_at as occurred_at,
        {{ json_of_columns(funnel_columns()['order']) }} as properties
    from {{ ref('orders') }}
    where
        has_completion
        and not is_cancelled
        and 'order' in (select wanted.act_kind from wanted)
    union all
    select
        'session' as act_kind,
        session_id as act_id,
        profile_id,
        started_at as occurred_at,
        {{ json_of_columns(funnel_columns()['session']) }} as properties
    from {{ ref('sessions') }}
    where
        not is_bot
        and 'session' in (select wanted.act_kind from wanted)
)

select
    acts.act_kind,
    acts.act_id,
    acts.profile_id,
    {{ microseconds('acts.occurred_at') }} as acted_microseconds,
    acts.properties
from acts
inner join {{ ref('profiles') }} as profiles on acts.profile_id = profiles.profile_id
where not profiles.is_bot
