-- One row per event_id: of its copies, the one received first.
{{ config(materialized='view') }}

select
    event_id,
    type,
    event,
    anonymous_id,
    user_id,
    previous_id,
    group_id,
    occurred_at,
    sent_at,
    received_at,
    effective_at,
    batch_id,
    source,
    properties,
    traits,
    context,
    commit_name,
    build_number
from {{ ref('int_events__landed') }}
where displaced_in is null
