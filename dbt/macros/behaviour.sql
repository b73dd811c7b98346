{#- Business terms of events, each in one place. -#}

{#- Message feedback and bookkeeping of a server are no part of a visit; nor is an order that a server reports without a visitor. -#}
{% macro is_visit_event() -%}
    (
        type in ('page', 'screen', 'track')
        and not (
            (coalesce(event, '') like 'Message %' and coalesce(event, '') not in ('Message Opened', 'Message Link Clicked', 'Message Replied'))
            or coalesce(event, '') like 'Email %'
            or coalesce(event, '') like 'SMS %'
            or coalesce(event, '') like 'Push Notification %'
            or coalesce(event, '') like 'Identity %'
            or coalesce(event, '') in (
                'Consent Updated', 'Unsubscribed', 'Experiment Viewed', 'Order Updated', 'Order Refunded', 'Order Cancelled'
            )
        )
        and (anonymous_id is not null or coalesce(event, '') != 'Order Completed')
        and coalesce(anonymous_id, '') not like 'order:%'
    )
{%- endmacro %}

{#- What we or a channel did to a person is not something that the person did. -#}
{% macro is_own_act() -%}
    not (
        (coalesce(event, '') like 'Message %' and coalesce(event, '') not in ('Message Opened', 'Message Link Clicked', 'Message Replied'))
        or coalesce(event, '') like 'Identity %'
        or coalesce(event, '') in (
            'Experiment Viewed', 'Email Delivered', 'Email Bounced', 'SMS Delivered', 'Push Notification Received', 'Push Notification Bounced'
        )
    )
{%- endmacro %}

{% macro session_gap_microseconds() -%}
    {{- return(1800000000) -}}
{%- endmacro %}

{#- Looking at something, as crawlers do all day: pages, screens, products and lists of them. All else is a deed. -#}
{% macro is_look() -%}
    (type in ('page', 'screen') or coalesce(event, '') in ('Product Viewed', 'Product List Viewed'))
{%- endmacro %}
