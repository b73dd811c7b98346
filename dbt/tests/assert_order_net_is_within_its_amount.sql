-- An order nets at most what was ordered, and loses at most what was given back; a cancelled order nets nothing.
{{ config(tags=['core']) }}

select
    order_id,
    status,
    order_amount,
    refunded_amount,
    net_amount
from {{ ref('orders') }}
where
    net_amount > greatest(order_amount, 0)
    or (not is_cancelled and net_amount != order_amount - refunded_amount)
    or (is_cancelled and has_completion and net_amount != 0)
