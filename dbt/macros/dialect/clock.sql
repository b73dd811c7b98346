{#- What the home's virtual clock says (UTC); empty where the home lives by the wall's. -#}
{% macro home_clock() -%}
    {{- return(adapter.dispatch('home_clock', 'kith')()) -}}
{%- endmacro %}

{% macro duckdb__home_clock() -%}
    {%- set settings = run_query("select content from read_text('" ~ kith_home() ~ "/settings.env*')").columns[0].values() | join('\n') -%}
    {%- if env_var('KITH_CLOCK', 'virtual' if 'KITH_CLOCK=virtual' in settings else 'wall') != 'virtual' -%}
        {{- return('') -}}
    {%- endif -%}
    {%- set told = run_query("select trim(content) from read_text('" ~ kith_home() ~ "/clock*')").columns[0].values() -%}
    {{- return((told | first)[:19] | replace('T', ' ') if told else '') -}}
{%- endmacro %}

{#- Other engines don't read single files of the home. -#}
{% macro default__home_clock() -%}
    {{- return('') -}}
{%- endmacro %}
