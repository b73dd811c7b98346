-- One row per day on which messages were handed over, channel, provider and domain of the mailbox: what became of those messages.
-- Answers count to the day of their message, whenever they came.
{%- set counts = [
    'sent', 'accepted', 'rejected', 'failed', 'unknown', 'delivered', 'hard_bounce', 'soft_bounce', 'block', 'complaint', 'unsubscribe'
] %}

with

answers as (
    select
        message_id,
        max(case when status = 'delivered' then 1 else 0 end) as is_delivered,
        max(case when status = 'bounced' and coalesce(bounce_type, 'hard') = 'hard' then 1 else 0 end) as is_hard,
        max(case when status = 'bounced' and bounce_type in ('block', 'blocked') then 1 else 0 end) as is_block,
        max(case when status = 'bounced' and bounce_type not in ('hard', 'block', 'blocked') then 1 else 0 end) as is_soft,
        max(case when status = 'complained' then 1 else 0 end) as is_complaint,
        max(case when status = 'unsubscribed' then 1 else 0 end) as is_unsubscribe
    from {{ ref('int_message_feedback__classified') }}
    where
        message_id is not null
        and not is_machine
    group by message_id
),

-- A message bounces once: hard before blocked before soft.
messages as (
    select
        handed.channel,
        handed.provider,
        handed.mailbox_domain,
        cast(handed.handed_at as date) as sent_on,
        1 as sent,
        case when handed.outcome = 'accepted' then 1 else 0 end as accepted,
        case when handed.outcome = 'rejected' then 1 else 0 end as rejected,
        case when handed.outcome = 'failed' then 1 else 0 end as failed,
        case when handed.outcome = 'unknown' then 1 else 0 end as unknown,
        coalesce(answers.is_delivered, 0) as delivered,
        coalesce(answers.is_hard, 0) as hard_bounce,
        case
            when coalesce(answers.is_hard, 0) = 1 then 0
            when handed.outcome = 'rejected' and handed.reason = 'policy_refused' then 1
            else coalesce(answers.is_block, 0)
        end as block,
        case when answers.is_hard + answers.is_block > 0 then 0 else coalesce(answers.is_soft, 0) end as soft_bounce,
        coalesce(answers.is_complaint, 0) as complaint,
        coalesce(answers.is_unsubscribe, 0) as unsubscribe
    from {{ ref('int_messages__handed') }} as handed
    left join answers on handed.message_id = answers.message_id
),

counted as (
    select
        {%- for name in counts %}
        cast(sum({{ name }}) as bigint) as {{ name }}_count,
        {%- endfor %}
        sent_on,
        channel,
        provider,
        mailbox_domain
    from messages
    group by sent_on, channel, provider, mailbox_domain
)

select
    sent_on,
    channel,
    provider,
    mailbox_domain,
    {%- for name in counts %}
    {{ name }}_count,
    {%- endfor %}
    {{ rate('accepted_count', 'sent_count') }} as accepted_rate,
    {{ rate('delivered_count', 'accepted_count') }} as delivered_rate,
    {{ rate('hard_bounce_count', 'accepted_count') }} as hard_bounce_rate,
    {{ rate('soft_bounce_count', 'accepted_count') }} as soft_bounce_rate,
    {{ rate('block_count', 'sent_count') }} as block_rate,
    {{ rate('complaint_count', 'delivered_count') }} as complaint_rate,
    {{ rate('unsubscribe_count', 'delivered_count') }} as unsubscribe_rate
from counted
