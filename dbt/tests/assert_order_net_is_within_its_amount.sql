-- An order nets what was ordered less what was given back and cancelled, to the last digit; a cancelled order nets nothing.
{{ config(tags=['core']) }}

select
    order_id,
    status,
    order_amount,
    refunded_amount,
    cancelled_amount,
    net_amount
from {{ ref('orders') }}
where
    net_amount > greatest(order_amount, 0)
    or net_amount != order_amount - refunded_amount - cancelled_amount
    or (not is_cancelled and cancelled_amount != 0)
    or (is_cancelled and has_completion and net_amount != 0)
