-- One row per event: the first copy received, with the profile that its identifiers belong to at present.
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
    events.context
from {{ ref('int_events__deduplicated') }} as events
{{ join_profile('events') }}
