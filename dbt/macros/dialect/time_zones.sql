{#- An instant so many whole seconds later, to the microsecond. -#}
{% macro plus_seconds(instant, seconds) -%}
    {{- return(adapter.dispatch('plus_seconds', 'kith')(instant, seconds)) -}}
{%- endmacro %}

{% macro duckdb__plus_seconds(instant, seconds) -%}
    ({{ instant }} + to_seconds({{ seconds }}))
{%- endmacro %}

{% macro spark__plus_seconds(instant, seconds) -%}
    timestamp_micros(unix_micros({{ instant }}) + ({{ seconds }}) * 1000000)
{%- endmacro %}
