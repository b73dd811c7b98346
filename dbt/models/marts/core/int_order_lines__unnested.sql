-- One row per order and line, in the order in which the event lists them.
with

lines as (
    {{ unnest_json(
        ref('int_order_events__chosen'),
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
    cast(quantity * unit_price as decimal(18, 4)) as line_amount,
    currency
from typed
