-- One row per version of an event that is, or once was, the first received of its copies; a version that is no more has `displaced_in`.
-- A run adds what it has never seen, so that runs add up to a full refresh in any order of landing.
{{ config(
    materialized=increment_kind(), unique_key='event_id', incremental_strategy='displace', on_schema_change='fail',
    post_hook="{{ note_build('events') }}"
) }}
{%- set columns = [
    'event_id', 'type', 'event', 'anonymous_id', 'user_id', 'previous_id', 'group_id', 'occurred_at', 'sent_at',
    'received_at', 'effective_at', 'batch_id', 'source', 'properties', 'traits', 'context', 'commit_name'
] %}
{%- set landing = ['received_at', 'commit_name', 'batch_id', 'occurred_at', 'effective_at'] %}
{%- set build_number = next_build('events') %}

{% if is_incremental() %}
{%- set seen = absorbed(this) %}
{%- set bounds = held_between(this, seen) %}

with

arrived as (
    select *
    from {{ ref('stg_kith__events') }}
    where commit_name > '{{ seen.commit_name }}'
    union all
    select *
    from {{ ref('stg_kith__events') }}
    where
        commit_name <= '{{ seen.commit_name }}'
        and effective_at >= timestamp '{{ seen.effective_at }}'
),

ranked as (
    select
        *,
        row_number() over (
            partition by event_id
            order by {{ landing | join(', ') }}, properties, traits, context
        ) as copy_rank
    from arrived
),

first_arrived as (
    select * from ranked
    where copy_rank = 1
),

-- Copies that landed together and count from the same instant were seen together: the one held has won already.
held as (
    select event_id, {{ landing | join(', ') }}
    from {{ this }}
    where
        displaced_in is null
        and occurred_at between timestamp '{{ bounds[0] }}' and timestamp '{{ bounds[1] }}'
        and event_id in (select first_arrived.event_id from first_arrived)
)

select
    {%- for column in columns %}
    first_arrived.{{ column }},
    {%- endfor %}
    {{ stored_key('first_arrived.event_id') }} as event_key,
    cast({{ build_number }} as bigint) as build_number,
    cast({{ build_number }} as bigint) as changed_in,
    cast(null as bigint) as displaced_in,
    held.event_id is not null as has_displaced
from first_arrived
left join held on first_arrived.event_id = held.event_id
where
    held.event_id is null
    or {{ precedes('first_arrived', 'held', landing) }}

{% else %}

with

-- Ranking every event would sort the whole log: only ids that may have copies are ranked.
repeated as (
    select {{ rough_key('event_id') }} as event_key
    from {{ ref('stg_kith__events') }}
    group by 1
    having count(*) > 1
),

single_events as (
    select events.*
    from {{ ref('stg_kith__events') }} as events
    left join repeated on {{ rough_key('events.event_id') }} = repeated.event_key
    where repeated.event_key is null
),

ranked as (
    select
        events.*,
        row_number() over (
            partition by events.event_id
            order by events.{{ landing | join(', events.') }}, events.properties, events.traits, events.context
        ) as copy_rank
    from {{ ref('stg_kith__events') }} as events
    inner join repeated on {{ rough_key('events.event_id') }} = repeated.event_key
),

chosen as (
    select {{ columns | join(', ') }}
    from single_events
    union all
    select {{ columns | join(', ') }}
    from ranked
    where copy_rank = 1
)

select
    {{ columns | join(', ') }},
    {{ stored_key('event_id') }} as event_key,
    cast({{ build_number }} as bigint) as build_number,
    cast({{ build_number }} as bigint) as changed_in,
    cast(null as bigint) as displaced_in,
    false as has_displaced
from chosen

{% endif %}
