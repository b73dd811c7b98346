-- One row per event in which a channel or a recipient answered a message, with what it says.
select
    event_id,
    user_id,
    anonymous_id,
    case event
        {%- for event, status in feedback_statuses().items() %}
        when '{{ event }}' then '{{ status }}'
        {%- endfor %}
    end as status,
    event,
    {{ json_text('properties', 'message_id') }} as message_id,
    {{ json_text('properties', 'campaign') }} as campaign,
    {{ json_text('properties', 'bounce_type') }} as bounce_type,
    {{ json_text('properties', 'url') }} as url,
    coalesce(
        {{ json_text('context', 'userAgent') }},
        {{ json_text('properties', 'user_agent') }}
    ) as user_agent,
    occurred_at,
    effective_at
from {{ ref('int_events__deduplicated') }}
where event in ({{ quoted(feedback_statuses().keys()) }})
