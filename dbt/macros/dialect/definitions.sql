{#- The text (JSON) of a definition in the version that held at the run, or nothing: `lake/definitions/<commit>/<kind>.parquet`. -#}
{% macro landed_definition(kind, name) -%}
    {{- return(adapter.dispatch('landed_definition', 'kith')(kind, name)) -}}
{%- endmacro %}

{% macro duckdb__landed_definition(kind, name) -%}
    {#- A home laid out before this kind of definition was known has no such file yet. -#}
    {%- set glob = kith_home() ~ '/lake/definitions/*/' ~ kind ~ '.parquet' -%}
    {%- set files = run_query("select count(*) from glob('" ~ glob ~ "')").columns[0].values()[0] -%}
    {{- return(latest_definition("read_parquet('" ~ glob ~ "')", name) if files else none) -}}
{%- endmacro %}

{% macro spark__landed_definition(kind, name) -%}
    {%- set selects = [] -%}
    {%- for file in spark_files('lake/definitions', 'lake/definitions/*/' ~ kind ~ '.parquet') -%}
        {%- do selects.append(spark_select(spark_file_columns(file), file, "''")) -%}
    {%- endfor -%}
    {{- return(latest_definition('(' ~ selects | join(' union all ') ~ ')', name) if selects else none) -}}
{%- endmacro %}

{% macro latest_definition(relation, name) -%}
    {%- set sql -%}
        select landed.body
        from {{ relation }} as landed
        cross join (
            {#- Before the first version held, the first one counts. -#}
            select greatest(max(run.as_of), min(versions.effective_at)) as held_at
            from {{ relation }} as versions
            cross join {{ current_run() }} as run
            where versions.name = '{{ name }}'
        ) as latest
        where landed.name = '{{ name }}' and landed.effective_at <= latest.held_at
        order by landed.effective_at desc
        limit 1
    {%- endset -%}
    {%- set found = run_query(sql).columns[0].values() -%}
    {{- return(found[0] if found else none) -}}
{%- endmacro %}
