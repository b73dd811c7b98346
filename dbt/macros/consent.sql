{#- The words about consent (activation/definitions/consent/words.yml) as they landed last before the run; where none did (and in unit tests), what
    every workspace has. -#}
{% macro consent_words() -%}
    {%- set words = {
        'purposes': ['marketing', 'advertising', 'transactional'],
        'channels': ['email', 'sms', 'push', 'ads'],
        'grants': ['granted'],
        'events': {'Consent Updated': {}, 'Unsubscribed': {'status': 'withdrawn'}, 'Email Marked as Spam': {'status': 'withdrawn'}},
    } -%}
    {%- set body = landed_definition('consent', 'words') if execute and model.resource_type != 'unit_test' else none -%}
    {{- return(fromjson(body) if body else words) -}}
{%- endmacro %}

{#- What each event says by its name: `event`, `status` (null where its own property decides), `purpose`, `channel`, `is_reply`. -#}
{% macro consent_sayings(words) -%}
    {%- set text = dbt.type_string() -%}
    {%- set rows = [] -%}
    {%- for event, saying in words.events.items() -%}
        {%- do rows.append([event, saying.status, saying.purpose or 'marketing', saying.channel or 'email', 'false']) -%}
    {%- endfor -%}
    {%- set replies = words.replies or {} -%}
    {%- for event in replies.events or [] -%}
        {%- do rows.append([event, none, 'marketing', replies.channel or 'sms', 'true']) -%}
    {%- endfor -%}
    (
        {%- for event, status, purpose, channel, is_reply in rows %}
        select
            {{ sql_text(event) }} as event,
            {% if status %}{{ sql_text(status) }}{% else %}cast(null as {{ text }}){% endif %} as status,
            {{ sql_text(purpose) }} as purpose,
            {{ sql_text(channel) }} as channel,
            {{ is_reply }} as is_reply
        {{- ' union all' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}

{#- A reply as it is compared: without punctuation and space around it, in lower case (`reply_word` of the send gate). -#}
{% macro reply_word(expression) -%}
    lower(trim(translate({{ expression }}, chr(10) || chr(13) || chr(9) || '.,!?"():;*''', '   ')))
{%- endmacro %}

{#- A text as an SQL literal. -#}
{% macro sql_text(text) -%}
    '{{ text | replace("'", "''") }}'
{%- endmacro %}

{#- A list of texts as an SQL list in lower case; a list that nothing is in where it is empty. -#}
{% macro text_list(texts) -%}
    {%- set quoted = [] -%}
    {%- for each in texts or [] -%}
        {%- do quoted.append(sql_text(each | lower)) -%}
    {%- endfor -%}
    ({{ quoted | join(', ') if quoted else 'cast(null as ' ~ dbt.type_string() ~ ')' }})
{%- endmacro %}

{#- What `all` stands for, a row each, to be joined on `written`. -#}
{% macro every(names, column) -%}
    (
        {%- for name in names %}
        select 'all' as written, {{ sql_text(name) }} as {{ column }}{{ ' union all' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}

{#- A telephone number as identity writes it: + and its digits, without the leading 00. -#}
{% macro normal_phone(expression) -%}
    '+' || regexp_replace({{ digits(expression) }}, '^00', '')
{%- endmacro %}
