-- One row per event of an order, line of it and thing that is odd about what the line says of money.
with

told as (
    select
        event_id,
        source,
        {{ json_part('properties', 'products') }} as products
    from {{ ref('int_events__deduplicated') }}
    where event in ('Order Completed', 'Order Updated', 'Order Refunded', 'Order Cancelled')
),

lines as (
    {{ unnest_json('told', 'products', keep=['event_id', 'source'], fields=['price', 'quantity']) | indent(4) }}
),

read_out as (
    select
        *,
        {{ money('price') }} as unit_price,
        {{ money('quantity') }} as pieces
    from lines
),

valued as (
    select
        *,
        {{ money_product('coalesce(pieces, 1)', 'unit_price') }} as line_amount
    from read_out
),

found as (
    {%- for name, amount in {'price': 'unit_price', 'quantity': 'pieces'}.items() %}
    select
        event_id,
        source,
        '{{ name }} ' || cast(line_number as string) as place,
        case
            when {{ amount }} >= 0 then null
            when {{ amount }} < 0 then 'negative_{{ name }}'
            when {{ name }} is null then {{ "'price_missing'" if name == 'price' else 'null' }}
            when {{ is_numeric_text(name) }} then 'amount_out_of_range'
            else 'amount_not_numeric'
        end as fault
    from valued
    union all
    {%- endfor %}
    select
        event_id,
        source,
        'line ' || cast(line_number as string),
        'amount_out_of_range'
    from valued
    where
        unit_price is not null
        and line_amount is null
    union all
    select
        event_id,
        source,
        'products',
        'amount_out_of_range'
    from valued
    group by event_id, source
    having
        sum(line_amount) is not null
        and {{ bounded('sum(line_amount)') }} is null
)

select
    event_id,
    source,
    place,
    fault
from found
where fault is not null
