{#- The lake of an event-sourced platform is Parquet: `<KITH_HOME>/lake/<room>/<commit>/…`. A source's `meta.path` is its glob
    below KITH_HOME; `meta.read: latest` means that a commit holds the complete state and only the last one counts, and
    `meta.commits_in` that only commits count which a column of another table's latest state names (`{path, column}`): others may
    be left unread, so whoever reads the table joins that state.
    The environment is read while a model runs, never while it is parsed: another home re-parses nothing. -#}

{% macro kith_home() -%}
    {{- return(env_var('KITH_HOME', flags.PROJECT_DIR ~ '/../data')) -}}
{%- endmacro %}

{% macro lake_table(relation) -%}
    {{- return(adapter.dispatch('lake_table', 'kith')(relation)) -}}
{%- endmacro %}

{% macro duckdb__lake_table(relation) -%}
    {%- if not execute -%}
        {{- return(relation) -}}
    {%- endif -%}
    {%- set found = [] -%}
    {%- for node in graph.sources.values() if node.source_name == relation.schema and node.name == relation.identifier -%}
        {%- do found.append(node.meta) -%}
    {%- endfor -%}
    {%- set meta = found[0] -%}
    {%- set glob = kith_home() ~ '/' ~ meta.path -%}
    {%- if meta.get('read') == 'latest' -%}
        {#- The file is chosen by name, not by rows: the last commit may well be empty. -#}
        {%- set last = run_query("select max(file) from glob('" ~ glob ~ "')").columns[0].values()[0] -%}
        {%- set glob = last or glob -%}
    {%- endif -%}
    {%- set files = "'" ~ glob ~ "'" -%}
    {%- if meta.get('commits_in') -%}
        {%- set files = duckdb_named_files(glob, meta.commits_in) -%}
    {%- endif -%}
    {%- set commit_part = -3 if meta.get('is_partitioned') else -2 -%}
    (
        select
            *,
            split_part(filename, '/', {{ commit_part }}) as commit_name
        from read_parquet(
            {{ files }}, filename = true, hive_partitioning = false, union_by_name = {{ meta.get('gains_columns', false) | lower }}
        )
    )
{%- endmacro %}

{#- The files of the commits that the last state names, as a list; the empty one that `kith init` lays where it names none. -#}
{% macro duckdb_named_files(glob, named_in) -%}
    {%- set state = run_query("select max(file) from glob('" ~ kith_home() ~ '/' ~ named_in.path ~ "')").columns[0].values()[0] -%}
    {%- set sql = "select distinct " ~ named_in.column ~ " from read_parquet('" ~ state ~ "') where " ~ named_in.column ~ " is not null order by 1" -%}
    {%- set files = [] -%}
    {%- for commit_name in run_query(sql).columns[0].values() or ['0000000000'] -%}
        {%- do files.append("'" ~ glob | replace('*', commit_name) ~ "'") -%}
    {%- endfor -%}
    {{- return('[' ~ files | join(', ') ~ ']') -}}
{%- endmacro %}

{#- The run that is being built, as data: run_id, as_of, previous_as_of, zone. Without a run (an analyst's own build) it is the last
    published one, and before that all that ever landed. -#}
{% macro current_run() -%}
    {{- return(adapter.dispatch('current_run', 'kith')()) -}}
{%- endmacro %}

{% macro duckdb__current_run() -%}
    {%- set events = source('lake', 'events') -%}
    {%- if not execute -%}
        {{- return('run') -}}
    {%- endif -%}
    {%- set folder = env_var('KITH_RUN_DIR', '') -%}
    {%- if not folder -%}
        {%- set pointer = kith_home() ~ '/published/CURRENT' -%}
        {%- set run_ids = run_query("select trim(content, e' \\n') from read_text('" ~ pointer ~ "*')").columns[0].values() -%}
        {%- set folder = kith_home() ~ '/published/' ~ run_ids[0] if run_ids else '' -%}
    {%- endif -%}
    {%- if folder -%}
        read_parquet('{{ folder }}/run.parquet')
    {%- else -%}
        (
            select
                'unpublished' as run_id,
                coalesce(max(effective_at), timestamp '1970-01-01') + interval 1 microsecond as as_of,
                cast(null as timestamp) as previous_as_of,
                'UTC' as zone
            from {{ lake_table(events) }}
        )
    {%- endif -%}
{%- endmacro %}
