{#- Events that tell of an order. -#}
{% macro is_order_event() -%}
    event in ('Order Completed', 'Order Updated', 'Order Refunded', 'Order Cancelled')
{%- endmacro %}

{#- The order that an event tells of; an event that names none is an order of its own. -#}
{% macro order_id_of(properties, event_id) -%}
    coalesce(nullif(trim({{ json_text(properties, 'order_id') }}), ''), {{ event_id }})
{%- endmacro %}
