{#- What an incremental model holds already: the greatest commit and effective time among its rows. What it has never seen has either a
    later commit, or an effective time at or after that one (it lay in the future of the last run). Both are bounds, not exact
    marks: rows met again change nothing. -#}
{% macro absorbed(relation) -%}
    {%- set sql -%}
        select
            coalesce(max(commit_name), '') as commit_name,
            coalesce(cast(max(effective_at) as {{ dbt.type_string() }}), '1970-01-01 00:00:00') as effective_at
        from {{ relation }}
    {%- endset -%}
    {%- set row = run_query(sql).rows[0] -%}
    {{- return({'commit_name': row[0], 'effective_at': row[1]}) -}}
{%- endmacro %}

{#- The condition for rows that an incremental model has not seen. Literals, so that the engine skips files and row groups. -#}
{% macro is_unseen(seen, table_alias) -%}
    (
        {{ table_alias }}.commit_name > '{{ seen.commit_name }}'
        or {{ table_alias }}.effective_at >= timestamp '{{ seen.effective_at }}'
    )
{%- endmacro %}

{#- A warehouse never looks back: what it has absorbed can't be taken out again row by row. -#}
{% macro refuse_earlier_horizon() -%}
    {%- set run = current_run() -%}
    {%- if not execute or flags.WHICH not in ('build', 'run') or flags.FULL_REFRESH -%}
        {{- return('') -}}
    {%- endif -%}
    {%- set held = adapter.get_relation(target.database, target.schema, 'int_events__landed') -%}
    {%- if held is none -%}
        {{- return('') -}}
    {%- endif -%}
    {%- set sql -%}
        select
            cast(max(held.effective_at) as {{ dbt.type_string() }}) as held_until,
            cast(max(run.as_of) as {{ dbt.type_string() }}) as as_of,
            coalesce(max(held.effective_at) >= max(run.as_of), false) as is_earlier
        from {{ held }} as held
        cross join {{ run }} as run
    {%- endset -%}
    {%- set row = run_query(sql).rows[0] -%}
    {%- if row[2] -%}
        {{- exceptions.raise_compiler_error(
            'the warehouse holds events up to ' ~ row[0] ~ ' and the run is of ' ~ row[1]
            ~ ': build into another warehouse, or with --full-refresh'
        ) -}}
    {%- endif -%}
    {{- return('') -}}
{%- endmacro %}
