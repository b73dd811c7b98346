{#- What a channel's feedback events mean, in one closed vocabulary of statuses. -#}
{% macro feedback_statuses() -%}
    {{- return({
        'Email Delivered': 'delivered',
        'SMS Delivered': 'delivered',
        'Push Notification Received': 'delivered',
        'Email Opened': 'opened',
        'Email Link Clicked': 'clicked',
        'SMS Link Clicked': 'clicked',
        'Push Notification Tapped': 'clicked',
        'Email Bounced': 'bounced',
        'Push Notification Bounced': 'bounced',
        'Email Marked as Spam': 'complained',
        'Email Replied': 'replied',
        'Unsubscribed': 'unsubscribed',
        'Email Unsubscribed': 'unsubscribed',
        'SMS Unsubscribed': 'unsubscribed',
        'Push Unsubscribed': 'unsubscribed',
        'SMS Received': 'replied',
        'SMS Replied': 'replied',
        'Message Delivered': 'delivered',
        'Message Opened': 'opened',
        'Message Link Clicked': 'clicked',
        'Message Bounced': 'bounced',
        'Message Marked as Spam': 'complained',
        'Message Replied': 'replied',
    }) -}}
{%- endmacro %}

{#- The outcomes that a planned message can end in, besides `withheld` (plan gate) and `pending` (none yet). -#}
{% macro ledger_outcomes() -%}
    {{- return(['suppressed', 'expired', 'accepted', 'rejected', 'failed', 'unknown']) -}}
{%- endmacro %}

{% macro quoted(values) -%}
    '{{ values | join("', '") }}'
{%- endmacro %}
