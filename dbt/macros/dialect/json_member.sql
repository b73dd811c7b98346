{#- One member of a JSON object as text, whatever characters its name has; null where it is absent or JSON's null. -#}
{% macro json_member(column, name) -%}
    {{- return(adapter.dispatch('json_member', 'kith')(column, name)) -}}
{%- endmacro %}

{% macro duckdb__json_member(column, name) -%}
    json_extract_string({{ column }}, '$."{{ name | replace('"', '') | replace("'", "''") }}"')
{%- endmacro %}

{#- A path's part may hold anything but a dot and a bracket; with one of these a member can't be reached there. -#}
{% macro spark__json_member(column, name) -%}
    get_json_object({{ column }}, '$.{{ name | replace("'", "\\'") }}')
{%- endmacro %}
