-- One row per event, purpose, channel and category (empty but for consent objects): what the event says about consent, whoever says it.
-- Purpose and channel may still be `all`.
{%- do follow(['int_consents__observed']) %}
{%- set words = consent_words() %}
{%- set replies = words.replies or {} %}
{%- set bearers = ['event_id', 'user_id', 'anonymous_id', 'email', 'phone', 'occurred_at', 'received_at', 'effective_at'] | join(', ') %}
with

named as (
    select
        events.event_id,
        events.user_id,
        events.anonymous_id,
        {{ json_text('events.properties', 'email') }} as email,
        {{ json_text('events.properties', 'phone') }} as phone,
        events.occurred_at,
        events.received_at,
        events.effective_at,
        lower(coalesce({{ json_text('events.properties', 'purpose') }}, sayings.purpose)) as purpose,
        lower(coalesce({{ json_text('events.properties', 'channel') }}, sayings.channel)) as channel,
        lower(trim(coalesce(sayings.status, {{ json_text('events.properties', 'status') }}, ''))) as status,
        coalesce({{ json_text('events.properties', 'legal_basis') }}, 'consent') as legal_basis,
        coalesce({{ json_text('events.properties', 'evidence') }}, events.event) as evidence,
        sayings.is_reply,
        coalesce({{ json_text('events.properties', 'text') }}, {{ json_text('events.properties', 'body') }}, '') as reply_text
    from {{ ref('int_events__deduplicated') }} as events
    inner join {{ consent_sayings(words) }} as sayings
        on events.event = sayings.event
),

worded as (
    select
        *,
        {{ reply_word('reply_text') }} as reply
    from named
)

select
    {{ bearers }},
    purpose,
    channel,
    '' as category,
    true as is_act,
    status in {{ text_list(words.grants) }} as is_granted,
    legal_basis,
    evidence
from worded
where not is_reply
union all
select
    {{ bearers }},
    case when reply in {{ text_list(replies.stop) }} then 'all' else purpose end as purpose,
    channel,
    '' as category,
    true as is_act,
    reply in {{ text_list(replies.start) }} as is_granted,
    legal_basis,
    'reply: ' || upper(reply) as evidence
from worded
where
    is_reply
    and reply in {{ text_list((replies.stop or []) + (replies.start or [])) }}
{%- for category, matters in (words.categories or {}).items() %}
{%- for matter in matters %}
union all
select
    {{ bearers }},
    {{ sql_text(matter.purpose) }} as purpose,
    {{ sql_text(matter.channel) }} as channel,
    {{ sql_text(category) }} as category,
    event in ('Segment Consent Preference Updated', 'Segment Consent Preference') as is_act,
    coalesce({{ json_member('categories', category) }} = 'true', false) as is_granted,
    'consent' as legal_basis,
    {{ sql_text('consent object: ' ~ category) }} as evidence
from {{ ref('int_consents__observed') }}
where
    categories = '{}'
    or {{ json_member('categories', category) }} is not null
{%- endfor %}
{%- endfor %}
