{#- How the models that grow with the log are kept: added to where the engine can replace rows by key within one transaction, else built
    anew as tables, which gives the same rows. -#}
{% macro increment_kind() -%}
    {{- return(adapter.dispatch('increment_kind', 'kith')()) -}}
{%- endmacro %}

{% macro duckdb__increment_kind() -%}
    {{- return('incremental') -}}
{%- endmacro %}

{% macro default__increment_kind() -%}
    {{- return('table') -}}
{%- endmacro %}
