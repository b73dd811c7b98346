{#- Small functions that engines spell differently. Ids and shares are md5, so that every engine gives the same answer. -#}

{% macro microseconds(instant) -%}
    {{- return(adapter.dispatch('microseconds', 'kith')(instant)) -}}
{%- endmacro %}

{% macro duckdb__microseconds(instant) -%}
    epoch_us({{ instant }})
{%- endmacro %}

{% macro spark__microseconds(instant) -%}
    unix_micros({{ instant }})
{%- endmacro %}

{#- Whole part of a division of integers. -#}
{% macro whole_part(dividend, divisor) -%}
    {{- return(adapter.dispatch('whole_part', 'kith')(dividend, divisor)) -}}
{%- endmacro %}

{% macro duckdb__whole_part(dividend, divisor) -%}
    (({{ dividend }}) // ({{ divisor }}))
{%- endmacro %}

{% macro spark__whole_part(dividend, divisor) -%}
    (({{ dividend }}) div ({{ divisor }}))
{%- endmacro %}

{#- An amount out of text of any provenance; null where it is none, or a trillion or more: a product or a sum of such amounts would
    break every build after it. What was left out is counted (see macros/bad_input.sql). -#}
{% macro money(text) -%}
    {{ bounded(plain_number(text)) }}
{%- endmacro %}

{#- An amount, null where it is a trillion or more. -#}
{% macro bounded(amount) -%}
    cast(try_cast({{ amount }} as decimal(16, 4)) as decimal(18, 4))
{%- endmacro %}

{#- A text that every engine reads as the same number, or as none: DuckDB allows underscores between digits, Sail no exponent, Spark
    digits of other scripts. -#}
{% macro plain_number(text) -%}
    {{- return(adapter.dispatch('plain_number', 'kith')(text)) -}}
{%- endmacro %}

{% macro duckdb__plain_number(text) -%}
    replace({{ text }}, '_', ' ')
{%- endmacro %}

{% macro spark__plain_number(text) -%}
    {%- set digits = '[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)' -%}
    coalesce(
        nullif(regexp_extract({{ text }}, '^[ ]*({{ digits }})[ ]*$', 1), ''),
        cast(
            try_cast(
                try_cast(
                    nullif(regexp_extract({{ text }}, '^[ ]*({{ digits }}[eE][+-]?[0-9]+)[ ]*$', 1), '') as double
                ) as decimal(38, 9)
            ) as string
        )
    )
{%- endmacro %}

{#- The product of two amounts, null where it is a trillion or more. One is widened first: engines multiply decimals of 18 digits in 64 bits,
    or round what needs more than 38. -#}
{% macro money_product(left_amount, right_amount) -%}
    {{ bounded('cast(' ~ left_amount ~ ' as decimal(19, 4)) * ' ~ right_amount) }}
{%- endmacro %}

{% macro matches(expression, pattern) -%}
    {{- return(adapter.dispatch('matches', 'kith')(expression, pattern)) -}}
{%- endmacro %}

{% macro duckdb__matches(expression, pattern) -%}
    regexp_matches({{ expression }}, '{{ pattern }}')
{%- endmacro %}

{% macro spark__matches(expression, pattern) -%}
    {{ expression }} rlike '{{ pattern | replace('\\', '\\\\') }}'
{%- endmacro %}

{#- The digits of a text. -#}
{% macro digits(expression) -%}
    {{- return(adapter.dispatch('digits', 'kith')(expression)) -}}
{%- endmacro %}

{% macro duckdb__digits(expression) -%}
    regexp_replace({{ expression }}, '[^0-9]', '', 'g')
{%- endmacro %}

{% macro spark__digits(expression) -%}
    regexp_replace({{ expression }}, '[^0-9]', '')
{%- endmacro %}

{#- A cheap 64-bit key that equal texts share. It only narrows a search: no answer depends on its value. -#}
{% macro rough_key(expression) -%}
    {{- return(adapter.dispatch('rough_key', 'kith')(expression)) -}}
{%- endmacro %}

{% macro duckdb__rough_key(expression) -%}
    hash({{ expression }})
{%- endmacro %}

{% macro spark__rough_key(expression) -%}
    xxhash64({{ expression }})
{%- endmacro %}

{#- A 64-bit key that equal texts share, the same in every version of the engine: a column of it is gone through at a tenth of what
    the texts cost. As with `rough_key`, no answer depends on its value. -#}
{% macro stored_key(expression) -%}
    {{- return(adapter.dispatch('stored_key', 'kith')(expression)) -}}
{%- endmacro %}

{% macro duckdb__stored_key(expression) -%}
    md5_number_lower({{ expression }})
{%- endmacro %}

{% macro spark__stored_key(expression) -%}
    xxhash64({{ expression }})
{%- endmacro %}

{#- Integers 0 … count − 1 as a one-column relation `number`. -#}
{% macro numbers(count) -%}
    {{- return(adapter.dispatch('numbers', 'kith')(count)) -}}
{%- endmacro %}

{% macro duckdb__numbers(count) -%}
    (select range as number from range({{ count }}))
{%- endmacro %}

{% macro spark__numbers(count) -%}
    (select cast(id as bigint) as number from range({{ count }}))
{%- endmacro %}

{#- An instant some microseconds after another. -#}
{% macro microseconds_after(instant, count) -%}
    {{- return(adapter.dispatch('microseconds_after', 'kith')(instant, count)) -}}
{%- endmacro %}

{% macro duckdb__microseconds_after(instant, count) -%}
    make_timestamp(epoch_us({{ instant }}) + ({{ count }}))
{%- endmacro %}

{% macro spark__microseconds_after(instant, count) -%}
    timestamp_micros(unix_micros({{ instant }}) + ({{ count }}))
{%- endmacro %}

{#- The share in [0, 1) of an id under a salt: first eight hex digits of md5(salt:id) over 2^32, as kith.ids.share. -#}
{% macro hash_share(salt, id) -%}
    {{- return(adapter.dispatch('hash_share', 'kith')(salt, id)) -}}
{%- endmacro %}

{% macro duckdb__hash_share(salt, id) -%}
    (cast(cast('0x' || substr(md5({{ salt }} || ':' || {{ id }}), 1, 8) as bigint) as double) / cast(4294967296 as double))
{%- endmacro %}

{% macro spark__hash_share(salt, id) -%}
    (cast(conv(substr(md5({{ salt }} || ':' || {{ id }}), 1, 8), 16, 10) as double) / cast(4294967296 as double))
{%- endmacro %}

{#- md5 of parts joined by the unit separator, as kith.ids.stable_id. -#}
{% macro stable_id(parts) -%}
    md5({{ parts | join(' || chr(31) || ') }})
{%- endmacro %}

{#- Days from one instant to another, with their fraction. -#}
{% macro days_between(earlier, later) -%}
    (cast({{ microseconds(later) }} - {{ microseconds(earlier) }} as double) / cast(86400000000 as double))
{%- endmacro %}

{#- A column whose name is a reserved word somewhere. A name in double quotes would be a text on Spark. -#}
{% macro named(column) -%}
    {{- return(adapter.quote(column)) -}}
{%- endmacro %}
