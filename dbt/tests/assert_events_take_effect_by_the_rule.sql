-- An event counts when it happened if it arrived within the lateness setting of that, else when we learned of it; a row that landed below
-- a past as_of counts from there, so never before it arrived in time and never before it happened. Nothing lies at or after as_of.
{{ config(tags=['core']) }}

select
    events.event_id,
    events.occurred_at,
    events.received_at,
    events.effective_at,
    run.as_of
from {{ ref('int_events__deduplicated') }} as events
cross join {{ ref('stg_kith__runs') }} as run
where
    events.effective_at >= run.as_of
    or (events.effective_at < events.received_at and events.effective_at != events.occurred_at)
    or (events.occurred_at > events.received_at and events.effective_at < events.received_at)
