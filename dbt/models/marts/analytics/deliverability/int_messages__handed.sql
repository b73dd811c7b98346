-- One row per message that was handed to a provider, by its last outcome: those of the delivery ledger, and those that other senders report.
-- Of an address only the part behind the @ is kept.
with

ranked as (
    select
        outcomes.message_id,
        outcomes.channel,
        outcomes.provider,
        outcomes.outcome,
        outcomes.reason,
        outcomes.occurred_at as handed_at,
        row_number() over (partition by outcomes.message_id order by outcomes.log_seq desc) as entry_rank
    from {{ ref('stg_kith__outcomes') }} as outcomes
),

ledger as (
    select
        ranked.message_id,
        ranked.channel,
        ranked.provider,
        ranked.outcome,
        ranked.reason,
        ranked.handed_at,
        planned.mailbox_domain
    from ranked
    left join {{ ref('stg_kith__planned_messages') }} as planned on ranked.message_id = planned.message_id
    where
        ranked.entry_rank = 1
        and ranked.outcome in ('accepted', 'rejected', 'failed', 'unknown')
),

reported as (
    select
        {{ json_text('events.properties', 'message_id') }} as message_id,
        min({{ json_text('events.properties', 'channel') }}) as channel,
        min({{ json_text('events.properties', 'provider') }}) as provider,
        min({{ json_text('events.properties', 'email') }}) as email,
        min(events.user_id) as user_id,
        min(events.occurred_at) as handed_at
    from {{ ref('int_events__deduplicated') }} as events
    where events.event = 'Message Sent'
    group by {{ json_text('events.properties', 'message_id') }}
),

-- Where a sender doesn't say to which address, the profile's present one stands for it.
known as (
    select
        reported.*,
        coalesce(reported.email, profiles.email) as known_email
    from reported
    left join ledger on reported.message_id = ledger.message_id
    left join {{ ref('identities') }} as identities
        on
            reported.user_id = identities.identifier_value
            and identities.identifier_type = 'user_id'
    left join {{ ref('profiles') }} as profiles on identities.profile_id = profiles.profile_id
    where
        ledger.message_id is null
        and reported.message_id is not null
)

select
    message_id,
    coalesce(channel, 'unknown') as channel,
    coalesce(provider, 'unknown') as provider,
    case when channel = 'email' then coalesce({{ mailbox_domain('known_email') }}, 'unknown') else '' end as mailbox_domain,
    'accepted' as outcome,
    '' as reason,
    handed_at
from known
union all
select
    message_id,
    coalesce(channel, 'unknown') as channel,
    coalesce(provider, 'unknown') as provider,
    case when channel = 'email' then coalesce(mailbox_domain, 'unknown') else '' end as mailbox_domain,
    outcome,
    coalesce(reason, '') as reason,
    handed_at
from ledger
