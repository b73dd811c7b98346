-- One row per order and line number, with what the order says of it.
{{ config(materialized='table') }}

select
    lines.order_id,
    lines.line_number,
    orders.profile_id,
    orders.user_id,
    lines.product_id,
    lines.product_name,
    lines.category,
    cast(lines.quantity as double) as quantity,
    lines.unit_price,
    lines.line_amount,
    orders.currency,
    orders.is_cancelled,
    orders.ordered_at
from {{ ref('int_order_lines__unnested') }} as lines
inner join {{ ref('orders') }} as orders
    on lines.order_id = orders.order_id
