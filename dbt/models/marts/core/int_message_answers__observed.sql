-- One row per answer to a message, with what surrounds it: the delivery, the open before it, the clicks beside it.
with

answers as (
    select
        extracted.*,
        {{ microseconds('extracted.occurred_at') }} as occurred_us,
        coalesce(agents.is_machine_agent, false) as is_machine_agent,
        coalesce(agents.is_mail_proxy, false) as is_mail_proxy,
        coalesce(agents.is_privacy_proxy, false) as is_privacy_proxy
    from {{ ref('int_message_answers__extracted') }} as extracted
    left join {{ ref('int_user_agents__classified') }} as agents on extracted.user_agent = agents.user_agent
),

-- When a message arrived: as its provider reported, else when it was handed over. What was learned only later says nothing of an answer.
deliveries as (
    select
        message_id,
        min(occurred_us) as delivered_us,
        min(effective_at) as learned_at
    from answers
    where
        status = 'delivered'
        and message_id is not null
    group by message_id
),

sends as (
    select
        {{ json_text('properties', 'message_id') }} as message_id,
        min({{ microseconds('occurred_at') }}) as sent_us,
        min(effective_at) as learned_at
    from {{ ref('int_events__deduplicated') }}
    where event = 'Message Sent'
    group by {{ json_text('properties', 'message_id') }}
),

-- Per message: its opens and clicks, how many links were followed, and when it was first opened.
messages as (
    select
        message_id,
        sum(case when status = 'opened' then 1 else 0 end) as open_count,
        sum(case when status = 'clicked' then 1 else 0 end) as click_count,
        count(distinct case when status = 'clicked' then url end) as link_count
    from answers
    where
        message_id is not null
        and status in ('opened', 'clicked')
    group by message_id
),

-- The last open at or before an answer, its own kind left out.
opened as (
    select
        event_id,
        max(case when status = 'opened' then occurred_us end) over (
            partition by message_id
            order by occurred_us, case when status = 'opened' then 0 else 1 end, event_id
            rows between unbounded preceding and current row
        ) as open_us
    from answers
    where
        status in ('opened', 'clicked')
        and message_id is not null
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
    answers.is_machine_agent,
    answers.is_mail_proxy,
    answers.is_privacy_proxy,
    answers.event like 'Email %' as channel_has_opens,
    cast(coalesce(messages.open_count, 0) as bigint) as open_count,
    cast(coalesce(messages.click_count, 0) as bigint) as click_count,
    cast(coalesce(messages.link_count, 0) as bigint) as link_count,
    case
        when deliveries.learned_at <= answers.effective_at
            then {{ whole_part('answers.occurred_us - deliveries.delivered_us', 1000) }}
        when sends.learned_at <= answers.effective_at
            then {{ whole_part('answers.occurred_us - sends.sent_us', 1000) }}
    end as delay_ms,
    {{ whole_part('answers.occurred_us - opened.open_us', 1000) }} as open_ms,
    {{ whole_part('clicks.other_link_us', 1000) }} as other_link_ms,
    coalesce(clicks.is_in_burst, false) as is_in_burst
from answers
left join deliveries on answers.message_id = deliveries.message_id
left join sends on answers.message_id = sends.message_id
left join messages on answers.message_id = messages.message_id
left join {{ ref('int_message_clicks__surrounded') }} as clicks on answers.event_id = clicks.event_id
left join opened on answers.event_id = opened.event_id
