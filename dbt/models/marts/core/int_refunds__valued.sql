-- One row per refund event and what it gave back: its total, else the value of its products, else null (the whole order).
with

refund_events as (
    select
        event_id,
        order_id,
        currency,
        abs(coalesce(total_amount, revenue_amount, subtotal_amount)) as stated_amount,
        effective_at,
        products
    from {{ ref('int_order_events__extracted') }}
    where event = 'Order Refunded'
),

lines as (
    {{ unnest_json('refund_events', 'products', keep=['event_id'], fields=['price', 'quantity']) | indent(4) }}
),

line_sums as (
    select
        event_id,
        abs(sum(coalesce({{ money('quantity') }}, 1) * {{ money('price') }})) as line_amount
    from lines
    group by event_id
)

select
    refund_events.event_id,
    refund_events.order_id,
    refund_events.effective_at,
    cast(coalesce(refund_events.stated_amount, line_sums.line_amount) as decimal(18, 4)) as refund_amount
from refund_events
left join line_sums on refund_events.event_id = line_sums.event_id
