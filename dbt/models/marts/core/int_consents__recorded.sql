-- One row per identifier, purpose and channel: the latest word on it. A withdrawal wins over a grant of the same instant.
-- A word is recorded for every identifier that the event bore: user id and e-mail, the anonymous id where it bore neither.
with

spoken as (
    select
        event_id,
        user_id,
        anonymous_id,
        lower(trim({{ json_text('properties', 'email') }})) as email,
        coalesce(lower({{ json_text('properties', 'purpose') }}), 'marketing') as purpose,
        coalesce(lower({{ json_text('properties', 'channel') }}), 'email') as channel,
        event = 'Consent Updated' and lower({{ json_text('properties', 'status') }}) = 'granted' as is_granted,
        coalesce({{ json_text('properties', 'legal_basis') }}, 'consent') as legal_basis,
        coalesce({{ json_text('properties', 'evidence') }}, event) as evidence,
        effective_at
    from {{ ref('int_events__deduplicated') }}
    where event in ('Consent Updated', 'Unsubscribed', 'Email Marked as Spam')
),

borne as (
    select
        *,
        'user_id' as identifier_type,
        user_id as identifier_value
    from spoken
    where user_id is not null
    union all
    select
        *,
        'email' as identifier_type,
        email as identifier_value
    from spoken
    where email is not null
    union all
    select
        *,
        'anonymous_id' as identifier_type,
        anonymous_id as identifier_value
    from spoken
    where
        anonymous_id is not null
        and user_id is null
        and email is null
),

ranked as (
    select
        *,
        row_number() over (
            partition by identifier_type, identifier_value, purpose, channel
            order by effective_at desc, is_granted asc, event_id asc
        ) as word_rank
    from borne
)

select
    identifier_type,
    identifier_value,
    purpose,
    channel,
    coalesce(is_granted, false) as is_granted,
    legal_basis,
    evidence,
    effective_at
from ranked
where word_rank = 1
