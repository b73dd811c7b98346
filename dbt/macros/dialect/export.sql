{#- One table as one Parquet file that appears complete or not at all. -#}
{% macro export_table(relation, file, key) -%}
    {{- return(adapter.dispatch('export_table', 'kith')(relation, file, key)) -}}
{%- endmacro %}

{% macro duckdb__export_table(relation, file, key) -%}
    copy (
        select * from {{ relation }}
        {% if key %}order by {{ key | join(', ') }}{% endif %}
    ) to '{{ file }}' (format parquet, compression zstd, use_tmp_file true)
{%- endmacro %}

{#- Spark writes a folder of part files, not one file. -#}
{% macro spark__export_table(relation, file, key) -%}
    insert overwrite directory '{{ file }}' using parquet
    select * from {{ relation }}
    {% if key %}order by {{ key | join(', ') }}{% endif %}
{%- endmacro %}
