{#- The traits that profiles show: the keys under which sources tell them (a later key counts where an earlier one is absent; `a.b` is a
    key of an object), how a value is written, and the type that it must have. Traits that are not listed are kept as they come, as text. -#}
{% macro trait_rules() -%}
    {{- return({
        'email': {'from': ['email'], 'form': 'address'},
        'phone': {'from': ['phone']},
        'first_name': {'from': ['first_name', 'firstName']},
        'last_name': {'from': ['last_name', 'lastName']},
        'locale': {'from': ['locale']},
        'time_zone': {'from': ['time_zone', 'timezone', 'timeZone']},
        'country': {'from': ['country', 'address.country']},
        'city': {'from': ['city', 'address.city']},
        'birthday': {'from': ['birthday'], 'type': 'date'},
        'created_at': {'from': ['created_at', 'createdAt'], 'type': 'timestamp'},
    }) -}}
{%- endmacro %}

{#- Which source is believed: the least number wins, whenever it spoke; among equals the latest. `sources` are for every trait,
    `traits` for one: {'traits': {'email': {'crm': 10}}}. -#}
{% macro trait_priorities() -%}
    {{- return({'default': 100, 'sources': {}, 'traits': {}}) -}}
{%- endmacro %}

{% macro trait_priority(trait, source) -%}
    {%- set priorities = trait_priorities() -%}
    {%- set cases = [] -%}
    {%- for name, sources in priorities.traits.items() -%}
        {%- for each, number in sources.items() -%}
            {%- do cases.append('when ' ~ trait ~ ' = ' ~ sql_text(name) ~ ' and ' ~ source ~ ' = ' ~ sql_text(each) ~ ' then ' ~ number) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for each, number in priorities.sources.items() -%}
        {%- do cases.append('when ' ~ source ~ ' = ' ~ sql_text(each) ~ ' then ' ~ number) -%}
    {%- endfor -%}
    cast({% if cases %}case {{ cases | join(' ') }} else {{ priorities.default }} end{% else %}{{ priorities.default }}{% endif %} as bigint)
{%- endmacro %}

{#- Keys and what they mean, a row each: `trait_key`, `trait`, `key_rank`. Nested keys are written out by the model that reads them. -#}
{% macro trait_keys() -%}
    {%- set rows = [] -%}
    {%- for trait, rule in trait_rules().items() -%}
        {%- for key in rule['from'] if '.' not in key -%}
            {%- do rows.append([key, trait, loop.index]) -%}
        {%- endfor -%}
    {%- endfor -%}
    (
        {%- for key, trait, rank in rows %}
        select {{ sql_text(key) }} as trait_key, {{ sql_text(trait) }} as trait, {{ rank }} as key_rank
        {{- ' union all' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}

{#- The nested keys of the rules: lists of object, member, trait and rank. -#}
{% macro nested_trait_keys() -%}
    {%- set rows = [] -%}
    {%- for trait, rule in trait_rules().items() -%}
        {%- for key in rule['from'] if '.' in key -%}
            {%- do rows.append(key.split('.', 1) + [trait, loop.index]) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(rows) -}}
{%- endmacro %}

{#- The names of traits whose rule has this property with this value, as an SQL list. -#}
{% macro traits_with(property, value) -%}
    {%- set names = [] -%}
    {%- for trait, rule in trait_rules().items() if rule.get(property) == value -%}
        {%- do names.append(sql_text(trait)) -%}
    {%- endfor -%}
    ({{ names | join(', ') }})
{%- endmacro %}

{#- The day that a text begins with; null where it begins with none. -#}
{% macro day_of_text(expression) -%}
    try_cast(case when {{ matches(expression, '^[0-9]{4}-[0-9]{2}-[0-9]{2}') }} then substr({{ expression }}, 1, 10) end as date)
{%- endmacro %}

{#- What a JSON value was written as, from its text: `quoted` says whether it stood in quotes. -#}
{% macro json_type_of(text, quoted) -%}
    case
        when {{ text }} is null then null
        when {{ quoted }} then 'text'
        when substr({{ text }}, 1, 1) = '{' then 'object'
        when substr({{ text }}, 1, 1) = '[' then 'list'
        when {{ text }} in ('true', 'false') then 'boolean'
        else 'number'
    end
{%- endmacro %}
