-- One row per event_id: of its copies, the one received first. A run adds what it has never seen and
-- replaces a copy only by one received earlier, so that runs add up to a full refresh in any order of landing.
{{ config(materialized='incremental', unique_key='event_id', incremental_strategy='delete+insert', on_schema_change='fail') }}
{%- set columns = [
    'event_id', 'type', 'event', 'anonymous_id', 'user_id', 'previous_id', 'group_id', 'occurred_at', 'sent_at',
    'received_at', 'effective_at', 'batch_id', 'source', 'properties', 'traits', 'context', 'commit_name'
] %}
{%- set first_received = 'received_at, commit_name, batch_id, occurred_at, effective_at, properties, traits, context' %}

{% if is_incremental() %}
{%- set seen = absorbed(this) %}

with

arrived as (
    select
        *,
        false as is_held
    from {{ ref('stg_kith__events') }}
    where commit_name > '{{ seen.commit_name }}'
    union all
    select
        *,
        false as is_held
    from {{ ref('stg_kith__events') }}
    where
        commit_name <= '{{ seen.commit_name }}'
        and effective_at >= timestamp '{{ seen.effective_at }}'
),

held as (
    select {{ columns | join(', ') }}, true as is_held
    from {{ this }}
    where event_id in (select arrived.event_id from arrived)
),

copies as (
    select * from arrived
    union all
    select * from held
),

ranked as (
    select
        *,
        row_number() over (
            partition by event_id
            order by {{ first_received }}, is_held desc
        ) as copy_rank
    from copies
)

select {{ columns | join(', ') }}
from ranked
where
    copy_rank = 1
    and not is_held

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
            order by {{ first_received }}
        ) as copy_rank
    from {{ ref('stg_kith__events') }} as events
    inner join repeated on {{ rough_key('events.event_id') }} = repeated.event_key
)

select {{ columns | join(', ') }}
from single_events
union all
select {{ columns | join(', ') }}
from ranked
where copy_rank = 1

{% endif %}
