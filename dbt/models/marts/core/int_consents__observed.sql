-- One row per event that bears a consent object: the categories under which it was collected.
{{ config(
    materialized=increment_kind(), unique_key='event_id', incremental_strategy='replace', on_schema_change='fail',
    present_when='categories is not null', post_hook="{{ note_absorbed(['events']) }}"
) }}

select
    event_id,
    event,
    user_id,
    anonymous_id,
    {{ json_text('properties', 'email') }} as email,
    {{ json_text('properties', 'phone') }} as phone,
    case when displaced_in is null then {{ json_part('context', 'consent.categoryPreferences') }} end as categories,
    occurred_at,
    received_at,
    effective_at
from {{ ref('int_events__landed') }}
where
    context like '%categoryPreferences%'
    {% if is_incremental() %}
    and {{ is_news(absorbed_build('events')) }}
    {% else %}
    and displaced_in is null
    and {{ json_part('context', 'consent.categoryPreferences') }} is not null
    {% endif %}
