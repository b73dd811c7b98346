-- One row per order, with its customer's profile.
{{ config(materialized='table') }}

select
    orders.order_id,
    {{ joined_profile_id() }} as profile_id,
    orders.user_id,
    orders.anonymous_id,
    orders.ordered_at,
    orders.status,
    orders.is_cancelled,
    orders.has_completion,
    orders.order_amount,
    orders.refunded_amount,
    orders.net_amount,
    orders.discount_amount,
    orders.currency,
    orders.line_count,
    orders.source
from {{ ref('int_orders__folded') }} as orders
{{ join_profile('orders') }}
