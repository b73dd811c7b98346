-- One row per visit: events of one visitor with less than half an hour between them, by the time they happened.
-- A run works through the visitors of whom something new is known, and replaces all of their visits.
{{ config(materialized='incremental', unique_key='visitor_id', incremental_strategy='delete+insert', on_schema_change='fail') }}
{%- if is_incremental() %}{% set seen = absorbed(this) %}{% endif %}

with

visits as (
    select
        event_id,
        coalesce(anonymous_id, user_id) as visitor_id,
        anonymous_id,
        user_id,
        type,
        {{ is_look() }} as is_look,
        occurred_at,
        effective_at,
        commit_name
    from {{ ref('int_events__deduplicated') }}
    where
        {{ is_visit_event() }}
        and coalesce(anonymous_id, user_id) is not null
),

{% if is_incremental() %}
news as (
    select distinct visits.visitor_id
    from visits
    where {{ is_unseen(seen, 'visits') }}
),
{% endif %}

touched as (
    select visits.*
    from visits
    {% if is_incremental() %}
    inner join news on visits.visitor_id = news.visitor_id
    {% endif %}
),

gapped as (
    select
        *,
        {{ microseconds('occurred_at') }} - lag({{ microseconds('occurred_at') }})
            over (partition by visitor_id order by occurred_at, event_id) as gap_microseconds
    from touched
),

numbered as (
    select
        *,
        case
            when gap_microseconds <= {{ session_gap_microseconds() }} then {{ whole_part('gap_microseconds', 1000) }}
        end as pause_ms,
        sum(case when gap_microseconds <= {{ session_gap_microseconds() }} then 0 else 1 end)
            over (partition by visitor_id order by occurred_at, event_id rows unbounded preceding) as session_number
    from gapped
),

sessions as (
    select
        visitor_id,
        max(anonymous_id) as anonymous_id,
        max(user_id) as user_id,
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at,
        count(*) as event_count,
        sum(case when type in ('page', 'screen') then 1 else 0 end) as page_count,
        sum(case when is_look then 0 else 1 end) as deed_count,
        sum(pause_ms) as pause_ms,
        sum(pause_ms * pause_ms) as pause_square_ms,
        max(case when gap_microseconds <= {{ session_gap_microseconds() }} then null else event_id end) as first_event_id,
        max(effective_at) as effective_at,
        max(commit_name) as commit_name
    from numbered
    group by visitor_id, session_number
),

-- Where the visit came from and on what device is told by its first event.
first_events as (
    select
        sessions.*,
        {{ json_text('events.context', 'userAgent') }} as user_agent,
        {{ json_text('events.context', 'device.type') }} as device_type,
        {{ json_text('events.context', 'campaign.source') }} as campaign_source,
        {{ json_text('events.context', 'campaign.medium') }} as campaign_medium,
        {{ json_text('events.context', 'campaign.name') }} as campaign_name,
        {{ json_text('events.context', 'page.referrer') }} as referrer,
        {{ json_text('events.context', 'page.url') }} as landing_url
    from sessions
    inner join {{ ref('int_events__deduplicated') }} as events
        on sessions.first_event_id = events.event_id
)

select
    {{ stable_id(['visitor_id', 'cast(' ~ microseconds('started_at') ~ ' as varchar)']) }} as session_id,
    visitor_id,
    anonymous_id,
    user_id,
    started_at,
    ended_at,
    cast(event_count as bigint) as event_count,
    cast(page_count as bigint) as page_count,
    cast(deed_count as bigint) as deed_count,
    cast(coalesce(pause_ms, 0) as bigint) as pause_ms,
    cast(coalesce(pause_square_ms, 0) as bigint) as pause_square_ms,
    user_agent,
    device_type,
    campaign_source,
    campaign_medium,
    campaign_name,
    referrer,
    landing_url,
    effective_at,
    commit_name
from first_events
