-- One row per pair of user id and anonymous id and address of a device or a chat: when events said first and last that it is theirs, and
-- last that it is nobody's. An event that lost to an earlier received copy matters only where it was the first or the last.
{{ config(
    materialized=increment_kind(), unique_key='address_key', incremental_strategy='replace', on_schema_change='fail',
    present_when='coalesce(last_seen_at, lost_at) is not null', post_hook="{{ note_absorbed(['events']) }}"
) }}
{%- do follow(['int_events__landed']) %}
{%- set read = 'type, event, user_id, anonymous_id, properties, traits, context, effective_at, displaced_in' %}
{%- set columns = 'address_key, user_id, anonymous_id, address_type, address, platform, first_seen_at, last_seen_at, lost_at' %}
with

{% if is_incremental() %}
news as (
    select {{ read }}
    from {{ ref('int_events__landed') }}
    where
        {{ is_news(absorbed_build('events')) }}
        and {{ may_tell_address() }}
),

mentions as (
    {{ address_mentions('news') | indent(4) }}
),

touched as (
    {{ address_tellings('mentions') | indent(4) }}
),

revised as (
    select {{ address_key() }} as address_key, user_id, anonymous_id
    from mentions
    where displaced_in is not null
),

-- Whoever told a version that counts no more is gone through anew.
again as (
    select {{ read }}
    from {{ ref('int_events__landed') }}
    where
        displaced_in is null
        and coalesce(user_id, '') || chr(31) || coalesce(anonymous_id, '') in (
            select coalesce(revised.user_id, '') || chr(31) || coalesce(revised.anonymous_id, '') from revised
        )
        and {{ may_tell_address() }}
),

mentions_again as (
    {{ address_mentions('again') | indent(4) }}
),

parts as (
    select {{ columns }} from touched
    union all
    select {{ columns }} from {{ this }}
    where
        address_key in (select touched.address_key from touched)
        and address_key not in (select revised.address_key from revised)
    union all
    {{ address_tellings('mentions_again') | indent(4) }}
    having {{ address_key() }} in (select revised.address_key from revised)
)

select
    address_key,
    user_id,
    anonymous_id,
    address_type,
    address,
    max(platform) as platform,
    min(first_seen_at) as first_seen_at,
    max(last_seen_at) as last_seen_at,
    max(lost_at) as lost_at
from parts
group by address_key, user_id, anonymous_id, address_type, address

{% else %}
telling as (
    select {{ read }}
    from {{ ref('int_events__landed') }}
    where
        displaced_in is null
        and {{ may_tell_address() }}
),

mentions as (
    {{ address_mentions('telling') | indent(4) }}
)

{{ address_tellings('mentions') }}
{% endif %}
