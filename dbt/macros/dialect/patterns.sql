{#- Regular expressions that RE2, Java and Rust read alike: no look-around, no back-reference, and no backslash at all, because
    Spark's string literals would eat it. A dot is `[.]`, a word's edge `(^|[^a-z])`. -#}

{#- The group of the first match, null where nothing matches or the group is empty. -#}
{% macro extracted(expression, pattern, group=1) -%}
    {{- return(adapter.dispatch('extracted', 'kith')(expression, pattern, group)) -}}
{%- endmacro %}

{% macro duckdb__extracted(expression, pattern, group) -%}
    nullif(regexp_extract({{ expression }}, '{{ pattern }}', {{ group }}), '')
{%- endmacro %}

{% macro spark__extracted(expression, pattern, group) -%}
    nullif(regexp_extract({{ expression }}, '{{ pattern }}', {{ group }}), '')
{%- endmacro %}

{#- The host of an absolute address in lower case, without `www.`; null where there is none. -#}
{% macro host_of(url) -%}
    {{ extracted('lower(' ~ url ~ ')', '^[a-z][a-z0-9+.-]*://([^/?#@]*@)?(www[.])?([^/:?#]+)', 3) }}
{%- endmacro %}

{#- A parameter of an address's query in lower case, with what matters to marketing tags decoded. -#}
{% macro query_parameter(url, name) -%}
    {%- set value = extracted('lower(' ~ url ~ ')', '[?&]' ~ name ~ '=([^&#]*)') -%}
    nullif(trim(
        replace(replace(replace(replace(replace({{ value }}, '+', ' '), '%20', ' '), '%28', '('), '%29', ')'), '%2e', '.')
    ), '')
{%- endmacro %}

{#- Whether an address's query has any of some parameters with a value. -#}
{% macro has_parameter(url, names) -%}
    coalesce({{ matches('lower(' ~ url ~ ')', '[?&](' ~ names | join('|') ~ ')=[^&#]') }}, false)
{%- endmacro %}
