{#- How old the newest row of a source is, for `dbt source freshness`. Sources are files of the lake, so they are read as models read
    them. This is the one place that asks what time it is, and the answer enters no table. A home that lives by a virtual clock (a
    sandbox's) is judged by that. -#}
{% macro default__collect_freshness(source, loaded_at_field, filter) -%}
    {%- set told = home_clock() -%}
    {%- set asked_at = told or run_started_at.strftime('%Y-%m-%d %H:%M:%S') -%}
    {%- call statement('collect_freshness', fetch_result=True, auto_begin=False) -%}
        select
            max({{ loaded_at_field }}) as max_loaded_at,
            cast('{{ asked_at }}' as timestamp) as snapshotted_at
        from {{ lake_table(source) }} as landed
        {% if filter %}where {{ filter }}{% endif %}
    {%- endcall -%}
    {{- return(load_result('collect_freshness')) -}}
{%- endmacro %}
