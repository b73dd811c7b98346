-- One row per event that tells of an order, with what it says of it.
{{ config(
    materialized=increment_kind(), unique_key='event_id', incremental_strategy='replace', on_schema_change='fail',
    present_when='order_id is not null', post_hook="{{ note_absorbed(['events']) }}"
) }}

select
    event_id,
    event,
    case when displaced_in is null then {{ order_id_of('properties', 'event_id') }} end as order_id,
    user_id,
    anonymous_id,
    occurred_at,
    effective_at,
    source,
    nullif(upper(trim({{ json_text('properties', 'currency') }})), '') as currency,
    {{ money(json_text('properties', 'subtotal')) }} as subtotal_amount,
    {{ money(json_text('properties', 'revenue')) }} as revenue_amount,
    {{ money(json_text('properties', 'total')) }} as total_amount,
    {{ money(json_text('properties', 'discount')) }} as discount_amount,
    {{ json_part('properties', 'products') }} as products,
    build_number
from {{ ref('int_events__landed') }}
where
    {{ is_order_event() }}
    {% if is_incremental() %}
    and {{ is_news(absorbed_build('events')) }}
    {% else %}
    and displaced_in is null
    {% endif %}
