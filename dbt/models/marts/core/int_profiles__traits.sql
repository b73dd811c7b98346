-- One row per profile that was ever identified: the last known value of each trait.
with

identified as (
    select
        {{ joined_profile_id() }} as profile_id,
        events.user_id,
        events.traits,
        events.context,
        {{ event_order_key('events.effective_at', 'events.event_id') }} as order_key
    from {{ ref('int_events__deduplicated') }} as events
    {{ join_profile('events') | indent(4) }}
    where events.type = 'identify'
),

extracted as (
    select
        profile_id,
        order_key,
        nullif(lower(trim({{ json_text('traits', 'email') }})), '') as email,
        nullif(trim({{ json_text('traits', 'phone') }}), '') as phone,
        coalesce({{ json_text('traits', 'first_name') }}, {{ json_text('traits', 'firstName') }}) as first_name,
        coalesce({{ json_text('traits', 'last_name') }}, {{ json_text('traits', 'lastName') }}) as last_name,
        coalesce({{ json_text('traits', 'locale') }}, {{ json_text('context', 'locale') }}) as locale,
        coalesce({{ json_text('traits', 'time_zone') }}, {{ json_text('context', 'timezone') }}) as time_zone,
        coalesce({{ json_text('traits', 'country') }}, {{ json_text('traits', 'address.country') }}) as country,
        coalesce({{ json_text('traits', 'city') }}, {{ json_text('traits', 'address.city') }}) as city,
        try_cast({{ json_text('traits', 'birthday') }} as date) as birthday,
        try_cast(
            coalesce({{ json_text('traits', 'created_at') }}, {{ json_text('traits', 'createdAt') }}) as timestamp
        ) as created_at
    from identified
    where profile_id is not null
)

select
    profile_id,
    {%- for trait in ['email', 'phone', 'first_name', 'last_name', 'locale', 'time_zone', 'country', 'city', 'birthday'] %}
    {{ latest_known(trait, 'order_key') }} as {{ trait }},
    {%- endfor %}
    min(created_at) as created_at
from extracted
group by profile_id
