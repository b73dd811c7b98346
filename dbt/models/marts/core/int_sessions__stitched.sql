-- One row per visit: events of one visitor with less than half an hour between them, by the time they happened.
-- A run goes anew through the visits that something new falls into or next to, and leaves the visitor's other visits alone.
{{ config(
    materialized=increment_kind(), unique_key='session_id', incremental_strategy='replace', on_schema_change='fail',
    present_when='started_at is not null', post_hook="{{ note_absorbed(['events']) }}"
) }}
{%- do follow(['int_events__landed']) %}
{%- set visitor_id = 'coalesce(anonymous_id, user_id)' %}
{%- set hints = {
    'user_agent': 'userAgent', 'device_type': 'device.type', 'campaign_source': 'campaign.source',
    'campaign_medium': 'campaign.medium', 'campaign_name': 'campaign.name', 'referrer': 'page.referrer', 'landing_url': 'page.url'
} %}

with

{% if is_incremental() %}
{%- set spans = reopened_visits(this, visitor_id) %}
{%- set bounds = bounds_of(spans) %}
{{ spans }},
{% endif %}

visits as (
    select
        {{ visitor_id }} as visitor_id,
        anonymous_id,
        user_id,
        case when type in ('page', 'screen') then 1 else 0 end as page,
        case when {{ is_look() }} then 0 else 1 end as deed,
        event_id,
        occurred_at,
        context
    from {{ ref('int_events__deduplicated') }}
    where
        {{ is_visit_event() }}
        and {{ visitor_id }} is not null
        {%- if is_incremental() %}
        and occurred_at between timestamp '{{ bounds[0] }}' and timestamp '{{ bounds[1] }}'
        {%- endif %}
),

touched as (
    select visits.*
    from visits
    {% if is_incremental() %}
    inner join spans
        on
            visits.visitor_id = spans.visitor_id
            and visits.occurred_at between spans.from_at and spans.to_at
    {% endif %}
),

gapped as (
    select
        visitor_id,
        anonymous_id,
        user_id,
        page,
        deed,
        occurred_at,
        {{ microseconds('occurred_at') }} - lag({{ microseconds('occurred_at') }})
            over (partition by visitor_id order by occurred_at) as gap_microseconds
    from touched
),

numbered as (
    select
        *,
        case
            when gap_microseconds <= {{ session_gap_microseconds() }} then {{ whole_part('gap_microseconds', 1000) }}
        end as pause_ms,
        sum(case when gap_microseconds <= {{ session_gap_microseconds() }} then 0 else 1 end)
            over (partition by visitor_id order by occurred_at rows unbounded preceding) as session_number
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
        sum(page) as page_count,
        sum(deed) as deed_count,
        sum(pause_ms) as pause_ms,
        sum(pause_ms * pause_ms) as pause_square_ms
    from numbered
    group by visitor_id, session_number
),

-- Where the visit came from and on what device is told by its first event.
first_events as (
    select
        sessions.*,
        touched.context,
        row_number() over (partition by sessions.visitor_id, sessions.started_at order by touched.event_id) as event_rank
    from sessions
    inner join touched
        on
            sessions.visitor_id = touched.visitor_id
            and sessions.started_at = touched.occurred_at
)

select
    {{ stable_id(['visitor_id', 'cast(' ~ microseconds('started_at') ~ ' as string)']) }} as session_id,
    visitor_id,
    anonymous_id,
    user_id,
    started_at,
    ended_at,
    {%- for hint, path in hints.items() %}
    {{ json_text('context', path) }} as {{ hint }},
    {%- endfor %}
    cast(event_count as bigint) as event_count,
    cast(page_count as bigint) as page_count,
    cast(deed_count as bigint) as deed_count,
    cast(coalesce(pause_ms, 0) as bigint) as pause_ms,
    cast(coalesce(pause_square_ms, 0) as bigint) as pause_square_ms
from first_events
where event_rank = 1
{% if is_incremental() %}{{ keys_alone('reopened', 'session_id', 17) }}{% endif %}
