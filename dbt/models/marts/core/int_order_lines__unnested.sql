-- One row per order and line, in the order in which the event lists them.
{{ config(
    materialized=increment_kind(), unique_key='order_id', incremental_strategy='replace', on_schema_change='fail',
    present_when='line_number is not null', post_hook="{{ note_absorbed(['events']) }}"
) }}
{%- do follow(['int_events__landed', 'int_order_events__extracted']) %}

with

{% if is_incremental() %}
touched as ({{ touched_orders(absorbed_build('events')) }}),
{% endif %}

listed as (
    select
        order_id,
        currency,
        products
    from {{ ref('int_order_events__chosen') }}
    {%- if is_incremental() %}
    where order_id in (select touched.order_id from touched)
    {%- endif %}
),

lines as (
    {{ unnest_json(
        'listed',
        'products',
        keep=['order_id', 'currency'],
        fields=['product_id', 'sku', 'name', 'category', 'price', 'quantity']
    ) | indent(4) }}
),

typed as (
    select
        order_id,
        line_number,
        coalesce(product_id, sku) as product_id,
        name as product_name,
        category,
        coalesce({{ money('quantity') }}, 1) as quantity,
        coalesce({{ money('price') }}, 0) as unit_price,
        currency
    from lines
)

select
    order_id,
    cast(line_number as bigint) as line_number,
    product_id,
    product_name,
    category,
    quantity,
    unit_price,
    {{ money_product('quantity', 'unit_price') }} as line_amount,
    currency
from typed
{% if is_incremental() %}{{ keys_alone('touched', 'order_id', 8) }}{% endif %}
