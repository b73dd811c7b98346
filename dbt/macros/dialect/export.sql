{#- One table as one Parquet file that appears complete or not at all. -#}
{% macro export_table(relation, file, key) -%}
    {{- return(adapter.dispatch('export_table', 'kith')(relation, file, key)) -}}
{%- endmacro %}

{% macro duckdb__export_table(relation, file, key) -%}
    copy (
        select * from {{ relation }}
        {{ in_order_of(key) }}
    ) to '{{ file }}' (format parquet, compression zstd, use_tmp_file true)
{%- endmacro %}

{#- Spark writes a folder of part files, not one file. -#}
{% macro spark__export_table(relation, file, key) -%}
    insert overwrite directory '{{ file }}' using parquet
    select * from {{ relation }}
    {{ in_order_of(key) }}
{%- endmacro %}

{% macro in_order_of(key) -%}
    {%- set names = [] -%}
    {%- for column in key or [] -%}
        {%- do names.append(named(column)) -%}
    {%- endfor -%}
    {%- if names -%}
        order by {{ names | join(', ') }}
    {%- endif -%}
{%- endmacro %}
