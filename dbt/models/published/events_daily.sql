-- One row per day, source, type and name of event: how many, and of how many profiles.
-- A run counts those days anew on which an event came or went, or changed hands.
{{ config(
    materialized=increment_kind(), unique_key='occurred_on', incremental_strategy='replace', on_schema_change='fail',
    present_when='event_count is not null', post_hook="{{ note_absorbed(['events', 'identities']) }}"
) }}
{%- do follow(['int_events__landed', 'int_identifiers__tracked', 'int_people__counted']) %}
{%- set days = touched_days() if is_incremental() else [] %}

select
    cast(events.occurred_at as date) as occurred_on,
    coalesce(events.source, '') as source,
    events.type,
    coalesce(events.event, '') as event,
    cast(count(*) as bigint) as event_count,
    cast(count(distinct {{ joined_profile_id() }}) as bigint) as profile_count
from {{ ref('int_events__deduplicated') }} as events
{{ join_profile('events') }}
{%- if is_incremental() %}
{%- if days %}
where
    events.occurred_at >= timestamp '{{ days[0] }} 00:00:00'
    and cast(events.occurred_at as date) in (date {{ quoted(days).replace(', ', ', date ') }})
{%- else %}
where false
{%- endif %}
{%- endif %}
group by 1, 2, 3, 4
{%- if is_incremental() %}
{%- for day in days %}
union all
select date '{{ day }}', '', null, '', null, null
{%- endfor %}
{%- endif %}
