{#- Cut-offs lie 30 days apart, back from as_of. Period p is the 30 days before cut-off p: [as_of − 30(p+1) d, as_of − 30p d). -#}

{% macro period_microseconds() -%}
    {{- return(2592000000000) -}}
{%- endmacro %}

{#- Cut-offs of the published feature table: p = 0 … 12. -#}
{% macro last_cutoff_period() -%}
    {{- return(12) -}}
{%- endmacro %}

{#- Windows of 90 days at the last cut-off reach two periods further; all that is older lies in one more. -#}
{% macro oldest_period() -%}
    {{- return(15) -}}
{%- endmacro %}

{% macro age_microseconds(instant) -%}
    ({{ microseconds('run.as_of') }} - {{ microseconds(instant) }} - 1)
{%- endmacro %}

{% macro period_of(instant) -%}
    least({{ whole_part(age_microseconds(instant), period_microseconds()) }}, {{ oldest_period() }})
{%- endmacro %}

{#- Whether an instant lies in the last seven days of its period. -#}
{% macro is_last_week(instant) -%}
    {{ age_microseconds(instant) }} % {{ period_microseconds() }} < 604800000000
{%- endmacro %}

{#- What features count, by event name. -#}
{% macro counted_acts() -%}
    {{- return({
        'page_view': "type in ('page', 'screen')",
        'product_view': "event = 'Product Viewed'",
        'search': "event = 'Products Searched'",
        'cart_add': "event = 'Product Added'",
        'checkout': "event = 'Checkout Started'",
        'message_sent': "event = 'Message Sent'",
        'message_open': "status = 'opened' and not is_machine",
        'message_click': "status = 'clicked' and not is_machine",
        'unsubscribe': "status in ('unsubscribed', 'complained')",
    }) -}}
{%- endmacro %}
