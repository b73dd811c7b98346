-- One row per order: the event that says what was ordered. It is the first Order Completed; an order of which only
-- other events are known (an invoice that an import has as a cancellation) speaks through the latest of those.
with

ranked as (
    select
        *,
        row_number() over (
            partition by order_id
            order by
                case when event = 'Order Completed' then 0 else 1 end asc,
                case when event = 'Order Completed' then effective_at end asc,
                effective_at desc,
                event_id asc
        ) as event_rank
    from {{ ref('int_order_events__extracted') }}
)

select
    order_id,
    event_id,
    event,
    user_id,
    anonymous_id,
    occurred_at,
    effective_at,
    source,
    currency,
    coalesce(subtotal_amount, revenue_amount, total_amount) as stated_amount,
    coalesce(discount_amount, 0) as discount_amount,
    products
from ranked
where event_rank = 1
