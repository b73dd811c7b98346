-- One row per copy of an event that landed and counts by the run's as_of; duplicates are still there.
with

landed as (select * from {{ lake_table(source('lake', 'events')) }})

select
    event_id,
    type,
    event,
    nullif(trim(anonymous_id), '') as anonymous_id,
    nullif(trim(user_id), '') as user_id,
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
    commit_name
from landed
where effective_at < (select run.as_of from {{ ref('stg_kith__runs') }} as run)
