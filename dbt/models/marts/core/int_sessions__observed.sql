-- One row per visit: how it went, and what of that speaks for a machine.
with

visits as (
    select
        sessions.*,
        coalesce(agents.is_machine_agent, false) as is_machine_agent
    from {{ ref('int_sessions__stitched') }} as sessions
    left join {{ ref('int_user_agents__classified') }} as agents on sessions.user_agent = agents.user_agent
)

select
    session_id,
    visitor_id,
    event_count,
    page_count,
    deed_count,
    user_id is not null as is_known,
    user_agent,
    started_at,
    ended_at,
    cast(greatest({{ sign_points(visit_signs()) | indent(4) }}, 0) as bigint) as machine_points,
    {{ heaviest_sign(visit_signs()) | indent(4) }} as heaviest_sign
from visits
