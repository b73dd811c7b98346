-- One row per touch of a person: a visit that a channel brought, or a message opened or clicked, as the definition of attribution says.
-- A visit that begins within half an hour of a click of its channel is that click's, and no touch of its own. Machines touch nobody.
with

kinds as (select * from {{ ref('stg_kith__touch_kinds') }}),

answers as (
    select
        feedback.event_id,
        feedback.user_id,
        feedback.anonymous_id,
        feedback.occurred_at,
        feedback.campaign,
        case
            when events.event like 'SMS %' then 'sms'
            when events.event like 'Push %' then 'push'
            else 'email'
        end as channel
    from {{ ref('int_message_feedback__classified') }} as feedback
    inner join kinds
        on
            feedback.status = kinds.name
            and kinds.kind = 'message'
    inner join {{ ref('int_events__deduplicated') }} as events on feedback.event_id = events.event_id
    where not feedback.is_machine
),

message_touches as (
    select
        'message' as touch_kind,
        answers.event_id as touch_id,
        {{ joined_profile_id() }} as profile_id,
        answers.occurred_at as touched_at,
        answers.channel,
        answers.campaign
    from answers
    {{ join_profile('answers') | indent(4) }}
),

visits as (
    select
        sessions.session_id,
        sessions.profile_id,
        sessions.started_at,
        sessions.channel,
        nullif(stitched.campaign_name, '') as campaign
    from {{ ref('sessions') }} as sessions
    inner join {{ ref('int_sessions__stitched') }} as stitched on sessions.session_id = stitched.session_id
    inner join kinds on kinds.kind = 'session'
    left join kinds as ignored
        on
            sessions.channel = ignored.name
            and ignored.kind = 'ignored_channel'
    where
        not sessions.is_bot
        and ignored.name is null
),

clicked_visits as (
    select distinct visits.session_id
    from visits
    inner join message_touches
        on
            visits.profile_id = message_touches.profile_id
            and visits.channel = message_touches.channel
            and visits.started_at >= message_touches.touched_at
    where {{ microseconds('visits.started_at') }} - {{ microseconds('message_touches.touched_at') }} <= {{ session_gap_microseconds() }}
)

select
    touch_kind,
    touch_id,
    profile_id,
    touched_at,
    channel,
    campaign
from message_touches
where profile_id is not null
union all
select
    'session' as touch_kind,
    visits.session_id as touch_id,
    visits.profile_id,
    visits.started_at as touched_at,
    visits.channel,
    visits.campaign
from visits
left join clicked_visits on visits.session_id = clicked_visits.session_id
where
    visits.profile_id is not null
    and clicked_visits.session_id is null
