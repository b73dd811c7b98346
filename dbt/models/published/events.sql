-- One row per event: the first copy received, with the profile that its identifiers belong to at present, and whether a machine
-- made it out of a message.
select
    events.event_id,
    events.type,
    events.event,
    {{ joined_profile_id() }} as profile_id,
    events.anonymous_id,
    events.user_id,
    events.previous_id,
    events.group_id,
    events.occurred_at,
    events.sent_at,
    events.received_at,
    events.effective_at,
    events.batch_id,
    events.source,
    events.properties,
    events.traits,
    events.context,
    coalesce(feedback.is_machine, false) as is_machine
from {{ ref('int_events__deduplicated') }} as events
left join {{ ref('int_message_feedback__classified') }} as feedback on events.event_id = feedback.event_id
{{ join_profile('events') }}
