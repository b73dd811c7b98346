-- One row per refund event and what it gave back: its total, else the value of its products, else null (the whole order).
{{ config(
    materialized=increment_kind(), unique_key='event_id', incremental_strategy='replace', on_schema_change='fail',
    present_when='order_id is not null', post_hook="{{ note_absorbed(['events']) }}"
) }}
{%- do follow(['int_events__landed']) %}
{%- if is_incremental() %}{% set absorbed = absorbed_build('events') %}{% endif %}

with

{% if is_incremental() %}
displaced as (
    select event_id
    from {{ ref('int_events__landed') }}
    where
        displaced_in > {{ absorbed }}
        and event = 'Order Refunded'
),
{% endif %}

refund_events as (
    select
        event_id,
        order_id,
        currency,
        abs(coalesce(total_amount, revenue_amount, subtotal_amount)) as stated_amount,
        effective_at,
        products
    from {{ ref('int_order_events__extracted') }}
    where
        event = 'Order Refunded'
        {%- if is_incremental() %}
        and build_number > {{ absorbed }}
        {%- endif %}
),

lines as (
    {{ unnest_json('refund_events', 'products', keep=['event_id'], fields=['price', 'quantity']) | indent(4) }}
),

line_sums as (
    select
        event_id,
        abs(sum({{ money_product('coalesce(' ~ money('quantity') ~ ', 1)', money('price')) }})) as line_amount
    from lines
    group by event_id
)

select
    refund_events.event_id,
    refund_events.order_id,
    refund_events.currency,
    refund_events.effective_at,
    cast(coalesce(refund_events.stated_amount, line_sums.line_amount) as decimal(18, 4)) as refund_amount
from refund_events
left join line_sums on refund_events.event_id = line_sums.event_id
{% if is_incremental() %}{{ keys_alone('displaced', 'event_id', 4) }}{% endif %}
