{#- The text of one field of a JSON text whose name stands in a column: letters, digits and underscores alone. -#}
{% macro json_text_at(column, field) -%}
    {{- return(adapter.dispatch('json_text_at', 'kith')(column, field)) -}}
{%- endmacro %}

{% macro duckdb__json_text_at(column, field) -%}
    json_extract_string({{ column }}, '$.' || {{ field }})
{%- endmacro %}

{% macro spark__json_text_at(column, field) -%}
    get_json_object({{ column }}, '$.' || {{ field }})
{%- endmacro %}

{#- The texts of a group joined in an order. -#}
{% macro joined_texts(expression, separator, order_by) -%}
    {{- return(adapter.dispatch('joined_texts', 'kith')(expression, separator, order_by)) -}}
{%- endmacro %}

{% macro duckdb__joined_texts(expression, separator, order_by) -%}
    string_agg({{ expression }}, '{{ separator }}' order by {{ order_by }})
{%- endmacro %}

{% macro spark__joined_texts(expression, separator, order_by) -%}
    listagg({{ expression }}, '{{ separator }}') within group (order by {{ order_by }})
{%- endmacro %}

{#- The first day of the week (Monday) or month in which a day lies. -#}
{% macro first_day_of(period, day) -%}
    cast(date_trunc('{{ period }}', {{ day }}) as date)
{%- endmacro %}

{#- Whole days from one date to another. -#}
{% macro whole_days(earlier, later) -%}
    {{- return(adapter.dispatch('whole_days', 'kith')(earlier, later)) -}}
{%- endmacro %}

{% macro duckdb__whole_days(earlier, later) -%}
    datediff('day', {{ earlier }}, {{ later }})
{%- endmacro %}

{% macro spark__whole_days(earlier, later) -%}
    datediff({{ later }}, {{ earlier }})
{%- endmacro %}
