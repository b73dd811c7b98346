-- One row per order: the event that says what was ordered. It is the first Order Completed; an order of which only
-- other events are known (an invoice that an import has as a cancellation) speaks through the latest of those.
{{ config(
    materialized=increment_kind(), unique_key='order_id', incremental_strategy='replace', on_schema_change='fail',
    present_when='event_id is not null', post_hook="{{ note_absorbed(['events']) }}"
) }}
{%- do follow(['int_events__landed']) %}

with

{% if is_incremental() %}
touched as ({{ touched_orders(absorbed_build('events')) }}),
{% endif %}

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
    {%- if is_incremental() %}
    where order_id in (select touched.order_id from touched)
    {%- endif %}
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
{% if is_incremental() %}{{ keys_alone('touched', 'order_id', 11) }}{% endif %}
