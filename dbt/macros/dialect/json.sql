{#- One field of a JSON text as text; null where it is absent or JSON's null. `path` is dotted: `page.referrer`. -#}
{% macro json_text(column, path) -%}
    {{- return(adapter.dispatch('json_text', 'kith')(column, path)) -}}
{%- endmacro %}

{% macro duckdb__json_text(column, path) -%}
    json_extract_string({{ column }}, '$.{{ path }}')
{%- endmacro %}

{% macro spark__json_text(column, path) -%}
    get_json_object({{ column }}, '$.{{ path }}')
{%- endmacro %}

{#- One field of a JSON text, still JSON. -#}
{% macro json_part(column, path) -%}
    {{- return(adapter.dispatch('json_part', 'kith')(column, path)) -}}
{%- endmacro %}

{% macro duckdb__json_part(column, path) -%}
    cast(json_extract({{ column }}, '$.{{ path }}') as varchar)
{%- endmacro %}

{% macro spark__json_part(column, path) -%}
    get_json_object({{ column }}, '$.{{ path }}')
{%- endmacro %}

{#- A select over `relation` with one row per element of the JSON array in `column`: the `keep` columns, `line_number` from 1, and
    each of `fields` as text. What is no array of objects gives no row. -#}
{% macro unnest_json(relation, column, keep, fields) -%}
    {{- return(adapter.dispatch('unnest_json', 'kith')(relation, column, keep, fields)) -}}
{%- endmacro %}

{% macro duckdb__unnest_json(relation, column, keep, fields) -%}
    select
        {%- for name in keep %}
        {{ name }},
        {%- endfor %}
        line_number,
        {%- for name in fields %}
        json_line.{{ name }} as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        select
            {%- for name in keep %}
            {{ name }},
            {%- endfor %}
            unnest(json_lines) as json_line,
            generate_subscripts(json_lines, 1) as line_number
        from (
            select
                {%- for name in keep %}
                {{ name }},
                {%- endfor %}
                from_json(
                    {{ column }},
                    '[{ {%- for name in fields %}"{{ name }}":"VARCHAR"{{ ',' if not loop.last }}{% endfor -%} }]'
                ) as json_lines
            from {{ relation }}
        ) as parsed
    ) as unnested
{%- endmacro %}

{#- Spark would take a lone object for an array of one. -#}
{% macro spark__unnest_json(relation, column, keep, fields) -%}
    select
        {%- for name in keep %}
        {{ name }},
        {%- endfor %}
        cast(json_position + 1 as bigint) as line_number,
        {%- for name in fields %}
        json_line.{{ name }} as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        select
            {%- for name in keep %}
            {{ name }},
            {%- endfor %}
            posexplode(
                from_json(
                    case when {{ column }} like '[%' then {{ column }} end,
                    'array<struct<{% for name in fields %}{{ name }}: string{{ ', ' if not loop.last }}{% endfor %}>>'
                )
            ) as (json_position, json_line)
        from {{ relation }}
    ) as unnested
{%- endmacro %}

{#- A text where it is JSON, else null: engines that read a member of anything else stop. -#}
{% macro json_if_valid(expression) -%}
    {{- return(adapter.dispatch('json_if_valid', 'kith')(expression)) -}}
{%- endmacro %}

{% macro duckdb__json_if_valid(expression) -%}
    case when json_valid({{ expression }}) then {{ expression }} end
{%- endmacro %}

{% macro spark__json_if_valid(expression) -%}
    {{ expression }}
{%- endmacro %}
