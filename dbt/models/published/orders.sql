-- One row per order, with its customer's profile.
{{ config(
    materialized=increment_kind(), unique_key='order_id', incremental_strategy='replace', on_schema_change='fail',
    present_when='status is not null', post_hook="{{ note_absorbed(['events', 'identities']) }}"
) }}
{%- do follow(['int_events__landed', 'int_order_events__extracted', 'int_identifiers__tracked']) %}

{% if is_incremental() %}
with touched as ({{ touched_published_orders() }})
{% endif %}

select
    orders.order_id,
    {{ joined_profile_id() }} as profile_id,
    orders.user_id,
    orders.anonymous_id,
    orders.ordered_at,
    orders.status,
    orders.is_cancelled,
    orders.has_completion,
    orders.order_amount,
    orders.refunded_amount,
    orders.cancelled_amount,
    orders.net_amount,
    orders.discount_amount,
    orders.currency,
    orders.line_count,
    orders.foreign_refund_count,
    orders.source
from {{ ref('int_orders__folded') }} as orders
{{ join_profile('orders') }}
{%- if is_incremental() %}
where orders.order_id in (select touched.order_id from touched)
{{ keys_alone('touched', 'order_id', 16) }}
{%- endif %}
