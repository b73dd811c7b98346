-- One row per visit, with its visitor's profile and the orders placed in it.
{{ config(materialized='table') }}

with

owned as (
    select
        sessions.*,
        classified.channel,
        classified.channel_group,
        classified.device,
        classified.os,
        classified.browser,
        classified.is_bot,
        classified.bot_reason,
        {{ joined_profile_id() }} as profile_id
    from {{ ref('int_sessions__stitched') }} as sessions
    inner join {{ ref('int_sessions__classified') }} as classified on sessions.session_id = classified.session_id
    {{ join_profile('sessions') | indent(4) }}
),

-- Servers report orders without a device: an order belongs to the visit of its profile that began last before it and was not over.
placed as (
    select
        owned.session_id,
        row_number() over (
            partition by orders.order_id
            order by owned.started_at desc, owned.session_id asc
        ) as visit_rank
    from {{ ref('orders') }} as orders
    inner join owned
        on
            orders.profile_id = owned.profile_id
            and orders.ordered_at >= owned.started_at
    where
        orders.has_completion
        and {{ microseconds('orders.ordered_at') }} - {{ microseconds('owned.ended_at') }} <= {{ session_gap_microseconds() }}
),

order_counts as (
    select
        session_id,
        count(*) as order_count
    from placed
    where visit_rank = 1
    group by session_id
)

select
    owned.session_id,
    owned.profile_id,
    owned.anonymous_id,
    owned.user_id,
    owned.started_at,
    owned.ended_at,
    owned.event_count,
    owned.page_count,
    cast(coalesce(order_counts.order_count, 0) as bigint) as order_count,
    owned.channel,
    owned.channel_group,
    owned.device,
    owned.os,
    owned.browser,
    owned.is_bot,
    owned.bot_reason
from owned
left join order_counts on owned.session_id = order_counts.session_id
