-- One row per identify event and key of its traits, in the words of the source. A key without a value tells nothing.
{{ config(
    materialized=increment_kind(), unique_key='event_id', incremental_strategy='replace', on_schema_change='fail',
    present_when='trait_key is not null', post_hook="{{ note_absorbed(['events']) }}"
) }}
{%- set kept = ['event_id', 'user_id', 'anonymous_id', 'source', 'traits', 'occurred_at', 'received_at', 'effective_at'] %}
with

identified as (
    select {{ kept | join(', ') }}
    from {{ ref('int_events__landed') }}
    where
        type = 'identify'
        and displaced_in is null
        {% if is_incremental() %}
        and {{ is_news(absorbed_build('events')) }}
        {% endif %}
),

entries as (
    {{ json_entries('identified', 'traits', kept) | indent(4) }}
)

select
    event_id,
    entry_key as trait_key,
    entry_value as trait_value,
    {{ json_type_of('entry_value', is_quoted_member('traits', 'entry_key')) | indent(4) }} as json_type,
    user_id,
    anonymous_id,
    source,
    occurred_at,
    received_at,
    effective_at
from entries
where entry_value is not null
{%- if is_incremental() %}
union all
select
    event_id,
    {%- for _ in range(8) %}
    null,
    {%- endfor %}
    null
from {{ ref('int_events__landed') }}
where
    type = 'identify'
    and {{ is_news(absorbed_build('events')) }}
{%- endif %}
