-- One row per identify event and key of its traits, in the words of the source. A key without a value tells nothing. A later copy of an
-- event that tells nothing any more leaves a row without a key.
{{ config(materialized='incremental', unique_key='event_id', incremental_strategy='delete+insert', on_schema_change='fail') }}
{%- set kept = ['event_id', 'user_id', 'anonymous_id', 'source', 'traits', 'occurred_at', 'received_at', 'effective_at', 'commit_name'] %}
with

identified as (
    select {{ kept | join(', ') }}
    from {{ ref('int_events__deduplicated') }}
    {% if is_incremental() %}
    where
        (type = 'identify' or event_id in (select held.event_id from {{ this }} as held))
        and {{ is_unseen(absorbed(this), 'int_events__deduplicated') }}
    {% else %}
    where type = 'identify'
    {% endif %}
),

entries as (
    {{ json_entries('identified', 'traits', kept) | indent(4) }}
),

told as (
    select * from entries
    where entry_value is not null
)

select
    identified.event_id,
    identified.user_id,
    identified.anonymous_id,
    identified.source,
    told.entry_key as trait_key,
    told.entry_value as trait_value,
    {{ json_type_of('told.entry_value', is_quoted_member('told.traits', 'told.entry_key')) | indent(4) }} as json_type,
    identified.occurred_at,
    identified.received_at,
    identified.effective_at,
    identified.commit_name
from identified
left join told on identified.event_id = told.event_id
