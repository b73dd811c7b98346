{#- Business terms of events, each in one place. -#}

{#- Message feedback and bookkeeping of a server are no part of a visit; nor is an order that a server reports without a visitor. -#}
{% macro is_visit_event() -%}
    (
        type in ('page', 'screen', 'track')
        and not (
            coalesce(event, '') like 'Message %'
            or coalesce(event, '') like 'Email %'
            or coalesce(event, '') like 'SMS %'
            or coalesce(event, '') like 'Push Notification %'
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
        coalesce(event, '') like 'Message %'
        or coalesce(event, '') in (
            'Experiment Viewed', 'Email Delivered', 'Email Bounced', 'SMS Delivered', 'Push Notification Received', 'Push Notification Bounced'
        )
    )
{%- endmacro %}

{% macro session_gap_microseconds() -%}
    {{- return(1800000000) -}}
{%- endmacro %}

{#- A user agent that names itself a machine. -#}
{% macro is_bot_agent(user_agent) -%}
    coalesce(
        {{ matches(
            'lower(' ~ user_agent ~ ')',
            'bot\\b|bot/|crawl|spider|slurp|headless|phantomjs|python-requests|python-urllib|aiohttp|curl/|wget/|go-http-client|java/|okhttp-monitor|lighthouse|pingdom|uptime|facebookexternalhit|scanner|mailproxy|barracuda|mimecast|proofpoint|safelinks'
        ) }},
        false
    )
{%- endmacro %}

{% macro device_of(device_type, user_agent) -%}
    case
        when lower({{ device_type }}) in ('mobile', 'tablet', 'desktop', 'tv', 'watch') then lower({{ device_type }})
        when lower({{ device_type }}) in ('ios', 'android') then 'mobile'
        when {{ matches('lower(' ~ user_agent ~ ')', 'ipad|tablet') }} then 'tablet'
        when {{ matches('lower(' ~ user_agent ~ ')', 'mobi|iphone|android') }} then 'mobile'
        when {{ user_agent }} is not null then 'desktop'
    end
{%- endmacro %}

{#- Where a visit came from, from its campaign tags and its referrer. -#}
{% macro channel_of(medium, referrer) -%}
    case
        when lower({{ medium }}) in ('email', 'e-mail', 'newsletter') then 'email'
        when lower({{ medium }}) in ('sms', 'push', 'affiliate', 'display', 'social', 'referral') then lower({{ medium }})
        when {{ matches('lower(' ~ medium ~ ')', '^(.*cp.*|ppc|retargeting|paid.*)$') }} then 'paid'
        when {{ medium }} is not null and lower({{ medium }}) not in ('(none)', 'organic', '') then 'other'
        when {{ matches('lower(' ~ referrer ~ ')', '//([a-z0-9-]+\\.)*(google|bing|duckduckgo|yahoo|baidu|yandex|ecosia)\\.') }}
            then 'organic_search'
        when {{ matches('lower(' ~ referrer ~ ')', '//([a-z0-9-]+\\.)*(facebook|instagram|twitter|t\\.co|linkedin|pinterest|reddit|tiktok|youtube)') }}
            then 'organic_social'
        when coalesce({{ referrer }}, '') != '' then 'referral'
        else 'direct'
    end
{%- endmacro %}
