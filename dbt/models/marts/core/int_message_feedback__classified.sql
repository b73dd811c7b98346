-- One row per event in which a channel or a recipient answered a message; opens and clicks of machines are marked.
-- A machine names itself in the user agent, or has clicked within two seconds of the delivery.
with

answers as (
    select
        event_id,
        user_id,
        anonymous_id,
        case event
            {%- for event, status in feedback_statuses().items() %}
            when '{{ event }}' then '{{ status }}'
            {%- endfor %}
        end as status,
        {{ json_text('properties', 'message_id') }} as message_id,
        {{ json_text('properties', 'campaign') }} as campaign,
        {{ json_text('properties', 'bounce_type') }} as bounce_type,
        coalesce(
            {{ json_text('context', 'userAgent') }},
            {{ json_text('properties', 'user_agent') }}
        ) as user_agent,
        occurred_at,
        effective_at
    from {{ ref('int_events__deduplicated') }}
    where event in ({{ quoted(feedback_statuses().keys()) }})
),

deliveries as (
    select
        message_id,
        min(occurred_at) as delivered_at,
        min(effective_at) as learned_at
    from answers
    where status = 'delivered'
    group by message_id
)

select
    answers.event_id,
    answers.user_id,
    answers.anonymous_id,
    answers.status,
    answers.message_id,
    answers.campaign,
    answers.bounce_type,
    answers.occurred_at,
    answers.effective_at,
    answers.status in ('opened', 'clicked')
    and (
        {{ is_bot_agent('answers.user_agent') }}
        or coalesce(
            answers.status = 'clicked'
            and {{ microseconds('answers.occurred_at') }} - {{ microseconds('deliveries.delivered_at') }} between 0 and 2000000
            and deliveries.learned_at <= answers.effective_at,
            false
        )
    ) as is_machine
from answers
left join deliveries on answers.message_id = deliveries.message_id
