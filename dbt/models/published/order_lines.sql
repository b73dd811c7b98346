-- One row per order and line number, with what the order says of it.
{{ config(
    materialized=increment_kind(), unique_key='order_id', incremental_strategy='replace', on_schema_change='fail',
    present_when='line_number is not null', post_hook="{{ note_absorbed(['events', 'identities']) }}"
) }}
{%- do follow(['int_events__landed', 'int_order_events__extracted', 'int_identifiers__tracked', 'int_orders__folded']) %}

{% if is_incremental() %}
with touched as ({{ touched_published_orders() }})
{% endif %}

select
    lines.order_id,
    lines.line_number,
    orders.profile_id,
    orders.user_id,
    lines.product_id,
    lines.product_name,
    lines.category,
    cast(lines.quantity as double) as quantity,
    lines.unit_price,
    lines.line_amount,
    orders.currency,
    orders.is_cancelled,
    orders.ordered_at
from {{ ref('int_order_lines__unnested') }} as lines
inner join {{ ref('orders') }} as orders
    on lines.order_id = orders.order_id
{%- if is_incremental() %}
where lines.order_id in (select touched.order_id from touched)
{{ keys_alone('touched', 'order_id', 12) }}
{%- endif %}
