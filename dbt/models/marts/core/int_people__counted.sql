-- One row per pair of user id and anonymous id under which events came: how many, and from when to when.
select
    user_id,
    anonymous_id,
    min(occurred_at) as first_seen_at,
    max(case when {{ is_own_act() }} then occurred_at end) as last_acted_at,
    max(occurred_at) as last_seen_at,
    min(effective_at) as first_effective_at,
    count(*) as event_count
from {{ ref('int_events__deduplicated') }}
where
    user_id is not null
    or anonymous_id is not null
group by user_id, anonymous_id
