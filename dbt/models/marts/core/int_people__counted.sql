-- One row per pair of user id and anonymous id under which events came: how many, and from when to when.
-- A run adds what is new to what it holds; a pair that lost an event to an earlier received copy is counted anew.
{{ config(
    materialized=increment_kind(), unique_key='person_key', incremental_strategy='replace', on_schema_change='fail',
    present_when='event_count is not null', post_hook="{{ note_absorbed(['events']) }}"
) }}
{%- do follow(['int_events__landed']) %}
{%- set key = "coalesce(user_id, '') || chr(31) || coalesce(anonymous_id, '')" %}
{%- set counts %}
        min(occurred_at) as first_seen_at,
        max(case when {{ is_own_act() }} then occurred_at end) as last_acted_at,
        max(occurred_at) as last_seen_at,
        min(effective_at) as first_effective_at,
        cast(count(*) as bigint) as event_count
{%- endset %}

{% if is_incremental() %}
with

news as (
    select
        {{ key }} as person_key,
        user_id,
        anonymous_id,
        event,
        occurred_at,
        effective_at,
        displaced_in
    from {{ ref('int_events__landed') }}
    where
        {{ is_news(absorbed_build('events')) }}
        and (user_id is not null or anonymous_id is not null)
),

touched as (
    select
        person_key,
        max(user_id) as user_id,
        max(anonymous_id) as anonymous_id,
        max(case when displaced_in is not null then 1 else 0 end) = 1 as is_revised
    from news
    group by person_key
),

parts as (
    select
        person_key,
        first_seen_at,
        last_acted_at,
        last_seen_at,
        first_effective_at,
        event_count
    from {{ this }}
    where
        person_key in (
            select touched.person_key from touched
            where not touched.is_revised
        )
    union all
    select
        person_key,
        {{- counts }}
    from news
    where
        person_key in (
            select touched.person_key from touched
            where not touched.is_revised
        )
    group by person_key
    union all
    select
        {{ key }},
        {{- counts }}
    from {{ ref('int_events__deduplicated') }}
    where
        {{ key }} in (
            select touched.person_key from touched
            where touched.is_revised
        )
    group by {{ key }}
)

select
    touched.person_key,
    nullif(touched.user_id, '') as user_id,
    nullif(touched.anonymous_id, '') as anonymous_id,
    min(parts.first_seen_at) as first_seen_at,
    max(parts.last_acted_at) as last_acted_at,
    max(parts.last_seen_at) as last_seen_at,
    min(parts.first_effective_at) as first_effective_at,
    cast(sum(parts.event_count) as bigint) as event_count
from touched
left join parts on touched.person_key = parts.person_key
group by touched.person_key, touched.user_id, touched.anonymous_id

{% else %}
select
    {{ key }} as person_key,
    user_id,
    anonymous_id,
    {{- counts }}
from {{ ref('int_events__deduplicated') }}
where
    user_id is not null
    or anonymous_id is not null
group by user_id, anonymous_id
{% endif %}
