-- One row per visit, with its visitor's profile.
{{ config(materialized='table') }}

select
    sessions.session_id,
    {{ joined_profile_id() }} as profile_id,
    sessions.anonymous_id,
    sessions.user_id,
    sessions.started_at,
    sessions.ended_at,
    sessions.event_count,
    sessions.page_count,
    sessions.order_count,
    sessions.channel,
    sessions.device,
    sessions.is_bot
from {{ ref('int_sessions__stitched') }} as sessions
{{ join_profile('sessions') }}
