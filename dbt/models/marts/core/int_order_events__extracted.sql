-- One row per event that tells of an order, with what it says of it.
select
    event_id,
    event,
    coalesce({{ json_text('properties', 'order_id') }}, event_id) as order_id,
    user_id,
    anonymous_id,
    occurred_at,
    effective_at,
    source,
    upper({{ json_text('properties', 'currency') }}) as currency,
    {{ money(json_text('properties', 'subtotal')) }} as subtotal_amount,
    {{ money(json_text('properties', 'revenue')) }} as revenue_amount,
    {{ money(json_text('properties', 'total')) }} as total_amount,
    {{ money(json_text('properties', 'discount')) }} as discount_amount,
    {{ json_part('properties', 'products') }} as products
from {{ ref('int_events__deduplicated') }}
where event in ('Order Completed', 'Order Updated', 'Order Refunded', 'Order Cancelled')
