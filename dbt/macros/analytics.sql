{#- Terms of the analytics marts, each in one place. -#}

{#- The most steps that a funnel may have: measurement/funnels.py refuses more. -#}
{% macro most_funnel_steps() -%}
    {{- return(8) -}}
{%- endmacro %}

{#- A duration as people write it (7d, 24h, 2w) in microseconds; null for null. -#}
{% macro duration_microseconds(expression) -%}
    cast(trim(substr({{ expression }}, 1, length({{ expression }}) - 1)) as bigint)
    * case substr({{ expression }}, length({{ expression }}), 1)
        when 's' then 1000000
        when 'm' then 60000000
        when 'h' then 3600000000
        when 'd' then 86400000000
        when 'w' then 604800000000
    end
{%- endmacro %}

{#- The number that a text holds; null where it is none. Stricter than any engine's cast, so that all agree. -#}
{% macro number_of(expression) -%}
    case
        when {{ matches(expression, '^-?[0-9]{1,18}([.][0-9]+)?([eE][+-]?[0-9]{1,2})?$') }}
            then cast({{ expression }} as double)
    end
{%- endmacro %}

{#- A percentile by nearest rank: the value at rank ceil(share × count). `share` in whole percent. -#}
{% macro percentile(value, value_rank, value_count, percent) -%}
    min(case when {{ value_rank }} * 100 >= {{ value_count }} * {{ percent }} then {{ value }} end)
{%- endmacro %}

{#- A share of counts, null where there is nothing to share. -#}
{% macro rate(part, whole) -%}
    round(cast({{ part }} as double) / nullif({{ whole }}, 0), 9)
{%- endmacro %}

{#- A property of an event by names that stand in columns: at the top, or one level down where `part` has a name. -#}
{% macro json_field_at(column, field, part) -%}
    case
        when {{ part }} is null then {{ json_text_at(column, field) }}
        when {{ json_text_at(column, field) }} like '{{ '{' }}%' then {{ json_text_at(json_text_at(column, field), part) }}
    end
{%- endmacro %}

{#- Whether `found_text` stands the comparison of its row. What is missing meets nothing but `missing`. -#}
{% macro meets_condition() -%}
    coalesce(
        case operator
            when 'is'
                then case
                    when operand_number is null then found_text = operand_text
                    else {{ number_of('found_text') }} = operand_number
                end
            when 'is_not'
                then case
                    when operand_number is null then found_text != operand_text
                    else coalesce({{ number_of('found_text') }} != operand_number, found_text is not null)
                end
            when 'greater' then {{ number_of('found_text') }} > operand_number
            when 'less' then {{ number_of('found_text') }} < operand_number
            when 'at_least' then {{ number_of('found_text') }} >= operand_number
            when 'at_most' then {{ number_of('found_text') }} <= operand_number
            when 'contains' then instr(found_text, operand_text) > 0
            when 'starts_with' then left(found_text, length(operand_text)) = operand_text
            when 'ends_with' then right(found_text, length(operand_text)) = operand_text
            when 'missing' then case when operand_text = 'true' then found_text is null else found_text is not null end
        end,
        false
    )
{%- endmacro %}

{#- The columns of orders and of visits that steps of funnels may compare: measurement/funnels.py allows the same. -#}
{% macro funnel_columns() -%}
    {{- return({
        'order': ['order_amount', 'net_amount', 'discount_amount', 'currency', 'status', 'line_count', 'source'],
        'session': ['channel', 'channel_group', 'device', 'page_count', 'event_count', 'order_count'],
    }) -}}
{%- endmacro %}

{#- Columns as a JSON object of texts; those that are null are left out. -#}
{% macro json_of_columns(columns) -%}
    '{'
    || concat_ws(
        ','
        {%- for column in columns %},
        '"{{ column }}":"' || replace(replace(cast({{ column }} as {{ dbt.type_string() }}), chr(92), ''), '"', '') || '"'
        {%- endfor %}
    )
    || '}'
{%- endmacro %}

{% macro retention_periods() -%}
    {{- return(['day', 'week', 'month']) -}}
{%- endmacro %}

{#- Whole periods from the one in which a day lies to that of another; weeks begin on Monday. -#}
{% macro periods_between(period, earlier, later) -%}
    cast(
        case {{ period }}
            when 'day' then {{ whole_days(earlier, later) }}
            when 'week'
                then {{ whole_part(whole_days(first_day_of('week', earlier), first_day_of('week', later)), 7) }}
            else
                (extract(year from {{ later }}) - extract(year from {{ earlier }})) * 12
                + extract(month from {{ later }}) - extract(month from {{ earlier }})
        end as bigint
    )
{%- endmacro %}

{#- The name of a buyer's place, by recency and by frequency. The table is in docs/analytics.md. -#}
{% macro rfm_segment(recency, frequency) -%}
    case
        when {{ recency }} >= 4 and {{ frequency }} >= 4 then 'champions'
        when {{ recency }} >= 3 and {{ frequency }} >= 3 then 'loyal'
        when {{ recency }} >= 4 and {{ frequency }} = 1 then 'new'
        when {{ recency }} >= 3 then 'promising'
        when {{ recency }} = 2 and {{ frequency }} >= 3 then 'needs_attention'
        when {{ recency }} = 1 and {{ frequency }} >= 4 then 'cannot_lose'
        when {{ recency }} = 1 and {{ frequency }} = 3 then 'at_risk'
        when {{ recency }} = 2 then 'about_to_sleep'
        else 'lost'
    end
{%- endmacro %}

{#- What stands behind the @ of an address, in small letters; null where there is none. -#}
{% macro mailbox_domain(address) -%}
    case when {{ address }} like '%@%' then lower(trim(split_part({{ address }}, '@', 2))) end
{%- endmacro %}
