-- One row per event, identifier, purpose and channel: a word about consent, with its instants.
-- A word is kept for every identifier that the event bore: user id, e-mail and phone; the anonymous id where it bore none of these
-- that names anybody. What a consent object repeats is no word: it speaks where it differs from what the identifier's last one said.
{%- set words = consent_words() %}
{%- set strong = {'user_id': 'uttered.user_id', 'email': 'lower(trim(uttered.email))', 'phone': normal_phone('uttered.phone')} %}
{%- set said = ['event_id', 'purpose', 'channel', 'category', 'is_act', 'is_granted', 'legal_basis', 'evidence',
    'occurred_at', 'received_at', 'effective_at'] %}
with

known as (select * from {{ ref('stg_kith__identifiers') }}),

borne as (
    select
        {%- for column in said if column not in ('purpose', 'channel') %}
        uttered.{{ column }},
        {%- endfor %}
        coalesce(purposes.purpose, uttered.purpose) as purpose,
        coalesce(channels.channel, uttered.channel) as channel,
        {%- for type in strong %}
        by_{{ type }}.identifier_value as {{ type }},
        {%- endfor %}
        uttered.anonymous_id
    from {{ ref('int_consents__uttered') }} as uttered
    left join {{ every(words.purposes, 'purpose') }} as purposes on uttered.purpose = purposes.written
    left join {{ every(words.channels, 'channel') }} as channels on uttered.channel = channels.written
    {%- for type, value in strong.items() %}
    left join known as by_{{ type }} on by_{{ type }}.identifier_type = '{{ type }}' and {{ value }} = by_{{ type }}.identifier_value
    {%- endfor %}
),

kept as (
    {%- for type in strong %}
    select {{ said | join(', ') }}, '{{ type }}' as identifier_type, {{ type }} as identifier_value
    from borne
    where {{ type }} is not null
    union all
    {%- endfor %}
    select {{ said | join(', ') }}, 'anonymous_id' as identifier_type, anonymous_id as identifier_value
    from borne
    where anonymous_id is not null and user_id is null and email is null and phone is null
),

compared as (
    select
        *,
        lag(is_granted) over (
            partition by identifier_type, identifier_value, purpose, channel, category
            order by effective_at asc, occurred_at asc, event_id asc
        ) as was_granted
    from kept
),

-- Two categories of one event may speak of the same purpose: the stricter one counts.
ranked as (
    select
        *,
        row_number() over (
            partition by identifier_type, identifier_value, purpose, channel, event_id
            order by is_granted asc, evidence asc
        ) as strictness_rank
    from compared
    where is_act or was_granted is null or was_granted <> is_granted
)

select
    identifier_type,
    identifier_value,
    purpose,
    channel,
    event_id,
    is_granted,
    legal_basis,
    evidence,
    -- When it holds from; nothing holds before its time or after we heard of it.
    least(occurred_at, effective_at) as valid_from,
    effective_at as known_from,
    -- Words are ordered by it: a grant counts from when it was given, a refusal from when it counts for everything else, so neither a
    -- late grant nor a client's wrong clock ever undoes a refusal.
    case when is_granted then least(occurred_at, effective_at) else effective_at end as binds_at,
    -- By when it was told, for a grant that was on time; else when it was given. Membership is compared with it.
    case when effective_at = occurred_at then received_at else least(occurred_at, effective_at) end as told_at
from ranked
where strictness_rank = 1
