-- One row per pair of user id and anonymous id, locale and time zone: of how many page views and identifications it was the context.
{{ config(
    materialized=increment_kind(), unique_key='person_key', incremental_strategy='replace', on_schema_change='fail',
    present_when='event_count is not null', post_hook="{{ note_absorbed(['events']) }}"
) }}
{%- do follow(['int_events__landed']) %}
{%- set key = "coalesce(user_id, '') || chr(31) || coalesce(anonymous_id, '')" %}
with

{% if is_incremental() %}
touched as (
    select {{ key }} as person_key
    from {{ ref('int_events__landed') }}
    where
        {{ is_news(absorbed_build('events')) }}
        and type in ('page', 'screen', 'identify')
    group by 1
),

{% endif -%}

told as (
    select
        {{ key }} as person_key,
        user_id,
        anonymous_id,
        nullif(trim({{ json_text('context', 'locale') }}), '') as locale,
        nullif(trim({{ json_text('context', 'timezone') }}), '') as time_zone
    from {{ ref('int_events__deduplicated') }}
    where
        type in ('page', 'screen', 'identify')
        and context is not null
        {% if is_incremental() %}
        and {{ key }} in (select touched.person_key from touched)
        {% endif %}
)

select
    person_key,
    user_id,
    anonymous_id,
    locale,
    time_zone,
    cast(count(*) as bigint) as event_count
from told
where
    locale is not null
    or time_zone is not null
group by person_key, user_id, anonymous_id, locale, time_zone
{%- if is_incremental() %}
{{ keys_alone('touched', 'person_key', 5) }}
{%- endif %}
