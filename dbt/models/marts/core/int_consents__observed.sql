-- One row per event that bears a consent object: the categories under which it was collected. A later copy of an event that bears
-- none any more leaves a row without categories.
{{ config(materialized='incremental', unique_key='event_id', incremental_strategy='delete+insert', on_schema_change='fail') }}

select
    events.event_id,
    events.event,
    events.user_id,
    events.anonymous_id,
    {{ json_text('events.properties', 'email') }} as email,
    {{ json_text('events.properties', 'phone') }} as phone,
    {{ json_part('events.context', 'consent.categoryPreferences') }} as categories,
    events.occurred_at,
    events.received_at,
    events.effective_at,
    events.commit_name
from {{ ref('int_events__deduplicated') }} as events
{% if is_incremental() %}
where
    {{ is_unseen(absorbed(this), 'events') }}
    and (events.context like '%categoryPreferences%' or events.event_id in (select held.event_id from {{ this }} as held))
{% else %}
where events.context like '%categoryPreferences%'
{% endif %}
