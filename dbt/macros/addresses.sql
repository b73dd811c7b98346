{#- Addresses of devices and chats: each kind with its channel, its vendor, what sources call it (a trait, a property of an event that is
    about an address, the type of one of `context.externalIds`), and the form that a value must have. -#}
{% macro address_kinds() -%}
    {{- return({
        'apns_token': {
            'channel': 'push', 'provider': 'apns', 'names': ['apns_token', 'apnsToken'], 'external': ['apns_token', 'ios.push_token'],
            'form': '^([0-9a-fA-F][0-9a-fA-F]){32,100}$',
        },
        'fcm_token': {
            'channel': 'push', 'provider': 'fcm', 'names': ['fcm_token', 'fcmToken'], 'external': ['fcm_token', 'android.push_token'],
            'form': '^[A-Za-z0-9_:.=-]+$',
        },
        'web_push': {
            'channel': 'push', 'provider': 'web', 'names': ['web_push', 'webPush', 'subscription'], 'external': [],
            'form': '^[{]"endpoint":"https://[A-Za-z0-9._~:/?#@!$&()*+,;=%-]+","keys":[{]"p256dh":"[A-Za-z0-9_-]+=*","auth":"[A-Za-z0-9_-]+=*"[}][}]$',
        },
        'messenger_id': {
            'channel': 'messenger', 'provider': 'facebook', 'names': ['messenger_id', 'messengerId'], 'external': ['messenger_id'],
            'form': '^[0-9]+$',
        },
        'viber_id': {
            'channel': 'viber', 'provider': 'viber', 'names': ['viber_id', 'viberId'], 'external': ['viber_id'], 'form': '^[!-~]+$',
        },
        'zalo_id': {
            'channel': 'zalo', 'provider': 'zalo', 'names': ['zalo_id', 'zaloId'], 'external': ['zalo_id'], 'form': '^[0-9]+$',
        },
    }) -}}
{%- endmacro %}

{#- Events that are about an address: by which a device is there, and by which it is no more. -#}
{% macro address_gains() -%}
    ('Push Token Registered', 'Web Push Subscribed', 'Device Registered', 'Device Created or Updated', 'Address Added')
{%- endmacro %}

{% macro address_losses() -%}
    ('Push Token Unregistered', 'Web Push Unsubscribed', 'Application Uninstalled', 'Device Deleted', 'Address Removed')
{%- endmacro %}

{#- Vendors' and our own: an address failed. Once is enough only where the event says so. -#}
{% macro address_failures() -%}
    ('Message Rejected', 'Message Moved', 'Message Bounced', 'Push Notification Bounced', 'Address Suppressed')
{%- endmacro %}

{% macro is_address_failed(event, properties) -%}
    (
        {{ event }} in {{ address_failures() }}
        and (
            {{ event }} = 'Address Suppressed'
            or coalesce({{ json_text(properties, 'suppress_after') }}, '') = '1'
            or coalesce({{ json_text(properties, 'bounce_type') }}, '') = 'hard'
        )
    )
{%- endmacro %}

{#- Whether an event may tell of an address: a look at its texts that spares reading all others. -#}
{% macro may_tell_address() -%}
    (
        context like '%"token"%'
        or context like '%externalIds%'
        or event in {{ address_gains() }}
        or event in {{ address_losses() }}
        or event in {{ address_failures() }}
        or (
            type = 'identify'
            and (
                {%- for kind, rule in address_kinds().items() %}
                {%- for name in rule.names %}
                traits like '%"{{ name }}"%'{{ ' or' if not loop.last }}
                {%- endfor %}
                {{ 'or' if not loop.last }}
                {%- endfor %}
            )
        )
    )
{%- endmacro %}

{#- A browser's subscription in one spelling, whatever the order of its members. -#}
{% macro web_push_text(expression) -%}
    '{"endpoint":"' || {{ json_text(expression, 'endpoint') }} || '","keys":{"p256dh":"' || {{ json_text(expression, 'keys.p256dh') }}
    || '","auth":"' || {{ json_text(expression, 'keys.auth') }} || '"}}'
{%- endmacro %}

{#- The first of some members of a JSON text. -#}
{% macro first_member(column, names) -%}
    coalesce({% for name in names %}{{ json_text(column, name) }}{{ ', ' if not loop.last }}{% endfor %}, null)
{%- endmacro %}

{#- A select with one row per address that an event of `relation` tells of, in the form in which it is kept: `is_lost` where nobody is to
    be found at it any more (null where the event has no name: a `coalesce` here is one that Spark's planner takes for never null and its
    execution doesn't). A token without a kind is Apple's where it has Apple's form and comes from no Android device. -#}
{% macro address_mentions(relation) -%}
    {%- set kept = 'user_id, anonymous_id, effective_at, displaced_in' -%}
    {%- set about -%}
        (event in {{ address_gains() }} or event in {{ address_losses() }} or {{ is_address_failed('event', 'properties') }})
    {%- endset -%}
    {%- set is_lost -%}
        (event in {{ address_losses() }} or {{ is_address_failed('event', 'properties') }})
    {%- endset -%}
    {%- set kinds = address_kinds() -%}
    select
        {{ kept }},
        address_type,
        address,
        case
            when address_type = 'web_push' then 'web'
            when address_type = 'apns_token' or (address_type = 'fcm_token' and device like 'i%') then 'ios'
            when address_type = 'fcm_token' then 'android'
        end as platform,
        is_lost
    from (
        select
            {{ kept }},
            device,
            is_lost,
            address_type,
            case
                when address_type = 'web_push' then {{ web_push_text(json_if_valid('said')) }}
                when address_type = 'apns_token' then lower(said)
                else said
            end as address
        from (
            select
                {{ kept }},
                device,
                is_lost,
                trim(said) as said,
                coalesce(
                    kind,
                    case
                        when device like 'web%' then 'web_push'
                        when {{ matches('trim(said)', kinds.apns_token.form) }} and coalesce(device, '') not like 'android%' then 'apns_token'
                        else 'fcm_token'
                    end
                ) as address_type
            from (
                select
                    {{ kept }},
                    {{ json_text('context', 'device.token') }} as said,
                    cast(null as {{ dbt.type_string() }}) as kind,
                    lower({{ json_text('context', 'device.type') }}) as device,
                    {{ is_lost }} as is_lost
                from {{ relation }}
                where coalesce(context, '') like '%"token"%'
                union all
                select
                    {{ kept }},
                    {{ first_member('properties', ['token', 'device_token', 'deviceToken']) }} as said,
                    cast(null as {{ dbt.type_string() }}) as kind,
                    lower(coalesce({{ first_member('properties', ['platform', 'device_type', 'type']) }}, {{ json_text('context', 'device.type') }}))
                        as device,
                    {{ is_lost }} as is_lost
                from {{ relation }}
                where {{ about }}
                {%- for kind, rule in kinds.items() %}
                union all
                select
                    {{ kept }},
                    case
                        when type = 'identify' then {{ first_member('traits', rule.names) }}
                        else {{ first_member('properties', rule.names) }}
                    end as said,
                    '{{ kind }}' as kind,
                    lower({{ json_text('context', 'device.type') }}) as device,
                    {{ is_lost }} as is_lost
                from {{ relation }}
                where
                    type = 'identify'
                    or {{ about }}
                {%- endfor %}
                union all
                select
                    {{ kept }},
                    id as said,
                    case type
                        {%- for kind, rule in kinds.items() %}
                        {%- for name in rule.external %}
                        when '{{ name }}' then '{{ kind }}'
                        {%- endfor %}
                        {%- endfor %}
                        else 'none'
                    end as kind,
                    case when type like 'android%' then 'android' when type like 'ios%' then 'ios' end as device,
                    is_lost
                from ({{ unnest_json(external_ids_of(relation, kept, is_lost), 'external_ids', kept.split(', ') + ['is_lost'], ['id', 'type']) }}) as external_ids
            ) as spoken
            where said is not null
        ) as typed
    ) as written
    where
        length(address) <= 4096
        and lower(address) not in ('null', 'undefined', 'none', 'nil', 'unknown', 'false', 'true', '0')
        and case address_type
            {%- for kind, rule in kinds.items() %}
            when '{{ kind }}' then {{ matches('address', rule.form) }}
            {%- endfor %}
        end
{%- endmacro %}

{% macro external_ids_of(relation, kept, is_lost) -%}
    (
        select {{ kept }}, {{ is_lost }} as is_lost, {{ json_part('context', 'externalIds') }} as external_ids
        from {{ relation }}
        where coalesce(context, '') like '%externalIds%'
    ) as telling
{%- endmacro %}

{#- The key of a row of `int_addresses__told`. -#}
{% macro address_key() -%}
    coalesce(user_id, '') || chr(31) || coalesce(anonymous_id, '') || chr(31) || address_type || chr(31) || address
{%- endmacro %}

{#- A select with one row per bearer and address of the mentions in `relation`. -#}
{% macro address_tellings(relation) -%}
    select
        {{ address_key() }} as address_key,
        user_id,
        anonymous_id,
        address_type,
        address,
        max(case when displaced_in is null then platform end) as platform,
        min(case when displaced_in is null and not coalesce(is_lost, false) then effective_at end) as first_seen_at,
        max(case when displaced_in is null and not coalesce(is_lost, false) then effective_at end) as last_seen_at,
        max(case when displaced_in is null and is_lost then effective_at end) as lost_at
    from {{ relation }}
    group by user_id, anonymous_id, address_type, address
{%- endmacro %}
