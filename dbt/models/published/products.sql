-- One row per product that was ever seen or bought, with the last known value of each attribute.
{{ config(materialized='table') }}

with

seen as (
    select
        {{ json_text('properties', 'product_id') }} as product_id,
        {{ json_text('properties', 'name') }} as name,
        {{ json_text('properties', 'category') }} as category,
        {{ money(json_text('properties', 'price')) }} as price,
        upper({{ json_text('properties', 'currency') }}) as currency,
        {{ json_text('properties', 'url') }} as url,
        {{ json_text('properties', 'image_url') }} as image_url,
        {{ json_text('properties', 'availability') }} as availability,
        first_seen_at,
        last_seen_at,
        {{ event_order_key('last_seen_at', 'properties') }} as order_key,
        cast(null as string) as order_id
    from {{ ref('int_product_pages__seen') }}
),

bought as (
    select
        lines.product_id,
        lines.product_name as name,
        lines.category,
        lines.unit_price as price,
        lines.currency,
        cast(null as string) as url,
        cast(null as string) as image_url,
        cast(null as string) as availability,
        orders.ordered_at as first_seen_at,
        orders.ordered_at as last_seen_at,
        {{ event_order_key('orders.ordered_at', "lines.order_id || ':' || lpad(cast(lines.line_number as string), 10, '0')") }} as order_key,
        case when not orders.is_cancelled then lines.order_id end as order_id
    from {{ ref('int_order_lines__unnested') }} as lines
    inner join {{ ref('int_orders__folded') }} as orders
        on lines.order_id = orders.order_id
),

mentions as (
    select * from seen
    union all
    select * from bought
)

select
    product_id,
    {%- for attribute in ['name', 'category', 'price', 'currency', 'url', 'image_url', 'availability'] %}
    {{ latest_known(attribute, 'order_key') }} as {{ attribute }},
    {%- endfor %}
    min(first_seen_at) as first_seen_at,
    max(last_seen_at) as last_seen_at,
    cast(count(distinct order_id) as bigint) as order_count
from mentions
where product_id is not null
group by product_id
