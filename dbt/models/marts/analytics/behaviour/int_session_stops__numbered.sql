-- One row per stop of a visit, in its order: a page, a screen or an event that the visitor did. The same stop again at once is one.
-- Machines, and feedback of messages, are left out.
with

visits as (
    select
        session_id,
        coalesce(anonymous_id, user_id) as visitor_id,
        started_at,
        ended_at
    from {{ ref('sessions') }}
    where not is_bot
),

acts as (
    select
        event_id,
        occurred_at,
        coalesce(anonymous_id, user_id) as visitor_id,
        case
            when type = 'track' then event
            else concat(type, ' ', coalesce(nullif({{ json_text('properties', 'name') }}, ''), nullif(event, ''), '(unnamed)'))
        end as stop
    from {{ ref('events') }}
    where
        {{ is_visit_event() }}
        and (type != 'track' or event is not null)
),

placed as (
    select
        visits.session_id,
        acts.stop,
        acts.occurred_at,
        acts.event_id,
        lag(acts.stop) over (partition by visits.session_id order by acts.occurred_at, acts.event_id) as stop_before
    from acts
    inner join visits
        on
            acts.visitor_id = visits.visitor_id
            and acts.occurred_at >= visits.started_at
            and acts.occurred_at <= visits.ended_at
),

turns as (
    select * from placed
    where
        stop_before is null
        or stop_before != stop
)

select
    session_id,
    stop,
    row_number() over (partition by session_id order by occurred_at, event_id) as stop_number,
    row_number() over (partition by session_id order by occurred_at desc, event_id desc) as stop_number_from_end
from turns
