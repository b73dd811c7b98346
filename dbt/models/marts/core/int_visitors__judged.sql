-- One row per visitor (anonymous id, else user id): its visits taken together, and whether it is a machine.
with

observed as (
    select
        visitor_id,
        count(*) as session_count,
        sum(event_count) as event_count,
        sum(page_count) as page_count,
        sum(deed_count) as deed_count,
        count(distinct user_agent) as agent_count,
        sum(case when event_count >= 8 then 1 else 0 end) as busy_session_count,
        sum(case when heaviest_sign = 'names_itself' then 1 else 0 end) as named_session_count,
        sum(case when machine_points >= {{ machine_points() }} then 1 else 0 end) as machine_session_count,
        max(case when is_known then 1 else 0 end) = 1 as is_known,
        max(machine_points) as machine_points,
        substr(max(lpad(cast(machine_points as string), 6, '0') || heaviest_sign), 7) as heaviest_sign,
        min(started_at) as first_seen_at,
        max(ended_at) as last_seen_at
    from {{ ref('int_sessions__observed') }}
    group by visitor_id
),

-- A person's device is lent to no machine: what only one visit of many shows stays with that visit.
judged as (
    select
        *,
        2 * named_session_count > session_count
        or (
            machine_session_count > 0
            and 2 * machine_session_count >= busy_session_count
            and deed_count = 0
            and not is_known
        ) as is_bot
    from observed
)

select
    visitor_id,
    cast(session_count as bigint) as session_count,
    cast(event_count as bigint) as event_count,
    cast(page_count as bigint) as page_count,
    cast(deed_count as bigint) as deed_count,
    cast(agent_count as bigint) as agent_count,
    cast(busy_session_count as bigint) as busy_session_count,
    cast(named_session_count as bigint) as named_session_count,
    cast(machine_session_count as bigint) as machine_session_count,
    is_known,
    first_seen_at,
    last_seen_at,
    is_bot,
    case when is_bot then heaviest_sign end as bot_reason,
    cast(least(machine_points, 100) as double) / 100 as bot_score,
    '{{ machine_rules_version() }}' as rules_version
from judged
