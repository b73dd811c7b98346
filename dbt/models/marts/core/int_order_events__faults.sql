-- One row per event of an order, field of it and thing that is odd about what it says of money; its lines apart.
{%- set amounts = ['subtotal', 'revenue', 'total', 'discount'] %}
with

told as (
    select
        event_id,
        source,
        event,
        {%- for name in amounts %}
        {{ json_text('properties', name) }} as {{ name }},
        {%- endfor %}
        {{ json_text('properties', 'currency') }} as currency
    from {{ ref('int_events__deduplicated') }}
    where event in ('Order Completed', 'Order Updated', 'Order Refunded', 'Order Cancelled')
),

stated as (
    {%- for name in amounts %}
    select
        event_id,
        source,
        '{{ name }}' as place,
        {{ name }} as stated,
        {{ money(name) }} as amount
    from told
    where {{ name }} is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- Patterns are dear: they are asked only where no amount could be read.
found as (
    select
        event_id,
        source,
        place,
        case
            when amount >= 0 then null
            when amount is null and {{ is_numeric_text('stated') }} then 'amount_out_of_range'
            when amount is null then 'amount_not_numeric'
            when place != 'discount' then 'negative_amount'
        end as fault
    from stated
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
