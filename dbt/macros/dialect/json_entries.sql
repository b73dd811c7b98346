{#- A select over `relation` with one row per member of the JSON object in `column`: the `keep` columns, `entry_key`, and `entry_value`
    as text (null for JSON's null). Members whose name holds a quotation mark are left out. -#}
{% macro json_entries(relation, column, keep) -%}
    {{- return(adapter.dispatch('json_entries', 'kith')(relation, column, keep)) -}}
{%- endmacro %}

{% macro duckdb__json_entries(relation, column, keep) -%}
    select
        {{ keep | join(', ') }},
        entry_key,
        json_extract_string({{ column }}, '$."' || entry_key || '"') as entry_value
    from (
        select
            {{ keep | join(', ') }},
            {{ column }},
            unnest(json_keys({{ column }})) as entry_key
        from {{ relation }}
        where json_type({{ column }}) = 'OBJECT'
    ) as listed
    where not contains(entry_key, '"')
{%- endmacro %}

{% macro spark__json_entries(relation, column, keep) -%}
    select
        {{ keep | join(', ') }},
        entry_key,
        entry_value
    from (
        select
            {{ keep | join(', ') }},
            explode(from_json({{ column }}, 'map<string, string>')) as (entry_key, entry_value)
        from {{ relation }}
    ) as listed
    where instr(entry_key, '"') = 0
{%- endmacro %}

{#- Whether a text occurs in another. -#}
{% macro holds_text(expression, text) -%}
    {{- return(adapter.dispatch('holds_text', 'kith')(expression, text)) -}}
{%- endmacro %}

{% macro default__holds_text(expression, text) -%}
    (instr({{ expression }}, {{ text }}) > 0)
{%- endmacro %}

{#- Whether the value of a member stands in quotes in the text of a JSON object. -#}
{% macro is_quoted_member(object, name) -%}
    ({{ holds_text(object, "'\"' || " ~ name ~ " || '\":\"'") }} or {{ holds_text(object, "'\"' || " ~ name ~ " || '\": \"'") }})
{%- endmacro %}
