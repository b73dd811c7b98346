{#- The lake on Spark. A listing of files is the `path` column of a binaryFile source: names are read, not contents. Spark proper tells
    each row's file itself; an engine that can't (Sail has no `_metadata`) reads one commit after the other, named in the query.
    The lake's instants have no zone and are UTC: they become timestamps of a session in UTC. -#}

{% macro spark__lake_table(relation) -%}
    {%- if not execute -%}
        {{- return(relation) -}}
    {%- endif -%}
    {%- set found = [] -%}
    {%- for node in graph.sources.values() if node.source_name == relation.schema and node.name == relation.identifier -%}
        {%- do found.append(node.meta) -%}
    {%- endfor -%}
    {%- set meta = found[0] -%}
    {%- set parts = meta.path.split('/') -%}
    {%- set commit_at = parts.index('*') -%}
    {%- set files = spark_files(parts[:commit_at] | join('/'), meta.path) -%}
    {%- if not files -%}
        {{- exceptions.raise_compiler_error('no file matches ' ~ kith_home() ~ '/' ~ meta.path ~ ': is KITH_HOME a home of Kith?') -}}
    {%- endif -%}
    {#- The complete state is chosen by name, not by rows: the last commit may well be empty. -#}
    {%- set is_latest = meta.get('read') == 'latest' -%}
    {%- set files = files[-1:] if is_latest else files -%}
    {%- set columns = spark_file_columns(files[-1]) -%}
    {%- if spark_names_files() -%}
        {%- set path = files[0] if is_latest else kith_home() ~ '/' ~ meta.path -%}
        {%- set commit_name = "element_at(split(_metadata.file_path, '/'), " ~ (commit_at - parts | length) ~ ")" -%}
        {{- return('(' ~ spark_select(columns, path, commit_name) ~ ')') -}}
    {%- endif -%}
    {%- set selects = {} -%}
    {%- for file in files -%}
        {%- set commit = file.split('/')[commit_at - parts | length] -%}
        {%- set folder = file.split('/')[:commit_at - parts | length] | join('/') -%}
        {%- set path = folder ~ '/' ~ commit if meta.get('is_partitioned') else file -%}
        {%- do selects.update({path: spark_select(columns, path, "'" ~ commit ~ "'")}) -%}
    {%- endfor -%}
    {{- return(spark_named('kith_lake_' ~ relation.identifier, selects.values() | join('\nunion all\n'))) -}}
{%- endmacro %}

{#- The files below a folder of the home whose path ends as the pattern says, sorted. -#}
{% macro spark_files(folder, pattern) -%}
    {%- do run_query(
        "create or replace temporary view kith_files (path string, modificationTime timestamp, length bigint, content binary) "
        ~ "using binaryFile options (path '" ~ kith_home() ~ '/' ~ folder ~ "', recursiveFileLookup 'true')"
    ) -%}
    {%- set regex = pattern | replace('.', '[.]') | replace('*', '[^/]*') -%}
    {%- set sql = "select path from kith_files where path rlike '/" ~ regex ~ "$' order by path" -%}
    {%- set files = [] -%}
    {%- for path in run_query(sql).columns[0].values() -%}
        {%- do files.append(kith_home() ~ '/' ~ path.split('/')[-(pattern.split('/') | length):] | join('/')) -%}
    {%- endfor -%}
    {{- return(files) -}}
{%- endmacro %}

{% macro spark_file_columns(file) -%}
    {{- return(adapter.get_column_schema_from_query('select * from parquet.`' ~ file ~ '` limit 0')) -}}
{%- endmacro %}

{% macro spark_select(columns, path, commit_name) -%}
    {%- set items = [] -%}
    {%- for column in columns -%}
        {%- set is_instant = 'timestamp' in column.dtype -%}
        {%- do items.append(('cast(' ~ column.quoted ~ ' as timestamp) as ' if is_instant else '') ~ column.quoted) -%}
    {%- endfor -%}
    {{- return('select ' ~ items | join(', ') ~ ', ' ~ commit_name ~ ' as commit_name from parquet.`' ~ path ~ '`') -}}
{%- endmacro %}

{#- Whether the engine tells the file of a row: Spark's version() ends in the hash of its build, Sail's does not. -#}
{% macro spark_names_files() -%}
    {{- return(' ' in run_query('select version()').columns[0].values()[0]) -}}
{%- endmacro %}

{#- A query over paths as a temporary view: in the text of a lasting view Sail loses the quotes around a path. -#}
{% macro spark_named(name, sql) -%}
    {%- do run_query('create or replace temporary view ' ~ name ~ ' as ' ~ sql) -%}
    {{- return(name) -}}
{%- endmacro %}

{% macro spark__current_run() -%}
    {%- set events = source('lake', 'events') -%}
    {%- if not execute -%}
        {{- return('run') -}}
    {%- endif -%}
    {%- set folder = env_var('KITH_RUN_DIR', '') -%}
    {%- if not folder and spark_files('published', 'published/CURRENT') -%}
        {%- set run_id = run_query('select trim(value) from text.`' ~ kith_home() ~ '/published/CURRENT`').columns[0].values()[0] -%}
        {%- set folder = kith_home() ~ '/published/' ~ run_id -%}
    {%- endif -%}
    {%- if folder -%}
        {%- set file = folder ~ '/run.parquet' -%}
        {%- set sql = spark_select(spark_file_columns(file), file, "''") -%}
        {{- return('(' ~ sql ~ ')' if spark_names_files() else spark_named('kith_run', sql)) -}}
    {%- endif -%}
    (
        select
            'unpublished' as run_id,
            coalesce(max(effective_at), timestamp '1970-01-01 00:00:00') + interval 1 microsecond as as_of,
            cast(null as timestamp) as previous_as_of,
            'UTC' as zone
        from {{ lake_table(events) }}
    )
{%- endmacro %}
