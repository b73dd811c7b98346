-- One row per event of an order, place in it and thing that is odd about what it says of money.
{%- set amounts = ['subtotal', 'revenue', 'total', 'discount'] %}
with

told as (
    select
        event_id,
        source,
        event,
        {{ json_text('properties', 'currency') }} as currency,
        {%- for name in amounts %}
        {{ json_text('properties', name) }} as {{ name }},
        {%- endfor %}
        {{ json_part('properties', 'products') }} as products
    from {{ ref('int_events__deduplicated') }}
    where event in ('Order Completed', 'Order Updated', 'Order Refunded', 'Order Cancelled')
),

lines as (
    {{ unnest_json('told', 'products', keep=['event_id', 'source'], fields=['price', 'quantity']) | indent(4) }}
),

valued as (
    select
        event_id,
        source,
        line_number,
        unit_price,
        {{ money_product('pieces', 'unit_price') }} as line_amount
    from (
        select
            event_id,
            source,
            line_number,
            {{ money('price') }} as unit_price,
            coalesce({{ money('quantity') }}, 1) as pieces
        from lines
    ) as priced
),

stated as (
    {%- for name in amounts %}
    select
        event_id,
        source,
        '{{ name }}' as place,
        {{ name }} as stated
    from told
    union all
    {%- endfor %}
    {%- for name in ['price', 'quantity'] %}
    select
        event_id,
        source,
        '{{ name }} ' || cast(line_number as string) as place,
        {{ name }} as stated
    from lines
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- Patterns are dear: they are asked only where no amount could be read.
amounts as (
    select
        *,
        {{ money('stated') }} as amount
    from stated
    where stated is not null
),

found as (
    select
        event_id,
        source,
        place,
        case
            when amount >= 0 then null
            when amount is null and {{ is_numeric_text('stated') }} then 'amount_out_of_range'
            when amount is null then 'amount_not_numeric'
            when place like 'price%' then 'negative_price'
            when place like 'quantity%' then 'negative_quantity'
            when place in ('subtotal', 'revenue', 'total') then 'negative_amount'
        end as fault
    from amounts
    union all
    select
        event_id,
        source,
        'price ' || cast(line_number as string),
        'price_missing'
    from lines
    where price is null
    union all
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
    union all
    select
        event_id,
        source,
        'currency',
        case
            when coalesce(trim(currency), '') = '' then 'currency_missing'
            when upper(trim(currency)) not in ({{ quoted(iso_currencies()) }}) then 'currency_unknown'
            when upper(trim(currency)) != currency then 'currency_rewritten'
        end
    from told
    where
        event = 'Order Completed'
        or currency is not null
)

select
    event_id,
    source,
    place,
    fault
from found
where fault is not null
