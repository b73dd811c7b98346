{#- A text that reads as an instant, as UTC: an offset is heeded, without one it is UTC already. Null where it reads as none. -#}
{% macro instant_of_text(text) -%}
    case when {{ matches(text, '^[0-9]{4}-[0-9]{2}-[0-9]{2}') }} then {{ adapter.dispatch('instant_of_date', 'kith')(text) }} end
{%- endmacro %}

{#- A cast to a timestamp without zone would drop the offset. -#}
{% macro duckdb__instant_of_date(text) -%}
    make_timestamp(epoch_us(try_cast({{ text }} as timestamptz)))
{%- endmacro %}

{% macro spark__instant_of_date(text) -%}
    try_cast({{ text }} as timestamp)
{%- endmacro %}
