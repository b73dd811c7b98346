{#- The end of a build in a run: every model of the built levels with `meta.published` becomes <run>/<table>.parquet. A level is exported
    whole or the build fails: an analyst's partial selection under a run's folder is refused rather than half written. A hot run says
    KITH_EXPORT=no: it lays out what it needs itself. -#}
{% macro export_published(results) -%}
    {%- set folder = env_var('KITH_RUN_DIR', '') if execute else '' -%}
    {%- if not folder or env_var('KITH_EXPORT', '') == 'no' or flags.WHICH not in ('build', 'run') -%}
        {{- return('') -}}
    {%- endif -%}
    {%- set built = [] -%}
    {%- set levels = [] -%}
    {%- for result in results -%}
        {%- if result.status in ('error', 'fail', 'skipped', 'runtime error') -%}
            {#- The build has failed and says why; what is published is either whole or absent. -#}
            {{- return('') -}}
        {%- endif -%}
        {%- if result.node.resource_type == 'model' -%}
            {%- do built.append(result.node.unique_id) -%}
            {%- set level = result.node.meta.get('published') -%}
            {%- if level and level not in levels -%}
                {%- do levels.append(level) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for node in graph.nodes.values() | sort(attribute='name') if node.resource_type == 'model' and node.meta.get('published') in levels -%}
        {%- if node.unique_id not in built -%}
            {{- exceptions.raise_compiler_error(
                'nothing is published: ' ~ node.name ~ ' belongs to ' ~ node.meta.published
                ~ ' and was not built; select tag:' ~ node.meta.published ~ ', or build without KITH_RUN_DIR'
            ) -}}
        {%- endif -%}
        {%- set relation = api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias) -%}
        {%- do run_query(export_table(relation, folder ~ '/' ~ node.name ~ '.parquet', node.meta.get('key'))) -%}
    {%- endfor -%}
    {{- return('') -}}
{%- endmacro %}
