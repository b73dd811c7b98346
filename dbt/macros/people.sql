{#- Whose fact it is. Facts never carry a profile id: it is joined from `identities` by what the event bore, the user id first, so
    that a merge or an undo rewrites one small table. -#}
{% macro join_profile(fact) -%}
    left join {{ ref('identities') }} as by_user
        on
            by_user.identifier_type = 'user_id'
            and {{ fact }}.user_id = by_user.identifier_value
    left join {{ ref('identities') }} as by_device
        on
            by_device.identifier_type = 'anonymous_id'
            and {{ fact }}.anonymous_id = by_device.identifier_value
{%- endmacro %}

{% macro joined_profile_id() -%}
    coalesce(by_user.profile_id, by_device.profile_id)
{%- endmacro %}

{#- The value of a column in the latest row that has one. `order_key` sorts as text. -#}
{% macro latest_known(expression, order_key) -%}
    max_by({{ expression }}, case when {{ expression }} is not null then {{ order_key }} end)
{%- endmacro %}

{#- A text that sorts as (instant, event id) does. -#}
{% macro event_order_key(instant, event_id) -%}
    lpad(cast({{ microseconds(instant) }} as {{ dbt.type_string() }}), 20, '0') || {{ event_id }}
{%- endmacro %}
