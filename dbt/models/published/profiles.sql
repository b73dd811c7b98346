-- One row per profile: who it is, since when, and what it did.
{{ config(materialized='table') }}

with

members as (
    select
        profile_id,
        min(case when identifier_type = 'user_id' then identifier_value end) as user_id,
        min(case when identifier_type = 'email' then identifier_value end) as email,
        min(case when identifier_type = 'phone' then identifier_value end) as phone,
        sum(case when identifier_type = 'anonymous_id' then 1 else 0 end) as anonymous_id_count
    from {{ ref('identities') }}
    group by profile_id
),

acts as (
    select
        {{ joined_profile_id() }} as profile_id,
        min(people.first_seen_at) as first_seen_at,
        coalesce(max(people.last_acted_at), max(people.last_seen_at)) as last_seen_at,
        sum(people.event_count) as event_count
    from {{ ref('int_people__counted') }} as people
    {{ join_profile('people') | indent(4) }}
    group by 1
),

visits as (
    select
        profile_id,
        count(*) as session_count,
        sum(case when is_bot then 1 else 0 end) as bot_session_count
    from {{ ref('sessions') }}
    group by profile_id
),

purchases as (select * from {{ ref('int_profiles__purchases') }}),

habits as (select * from {{ ref('int_profiles__habits') }}),

traits as (select * from {{ ref('int_profiles__traits') }}),

contexts as (select * from {{ ref('int_profiles__contexts') }}),

reached as (
    select
        profile_id,
        max(case when channel = 'push' then 1 else 0 end) = 1 as has_push,
        max(case when channel = 'messenger' then 1 else 0 end) = 1 as has_messenger,
        max(case when channel = 'viber' then 1 else 0 end) = 1 as has_viber,
        max(case when channel = 'zalo' then 1 else 0 end) = 1 as has_zalo
    from {{ ref('addresses') }}
    where is_current
    group by profile_id
)

select
    members.profile_id,
    members.user_id,
    cast(members.anonymous_id_count as bigint) as anonymous_id_count,
    coalesce(traits.email, members.email) as email,
    coalesce(traits.phone, members.phone) as phone,
    traits.first_name,
    traits.last_name,
    coalesce(traits.locale, contexts.locale) as locale,
    coalesce(traits.time_zone, contexts.time_zone) as time_zone,
    traits.country,
    traits.city,
    traits.birthday,
    traits.created_at,
    acts.first_seen_at,
    acts.last_seen_at,
    cast(coalesce(acts.event_count, 0) as bigint) as event_count,
    cast(coalesce(visits.session_count, 0) as bigint) as session_count,
    cast(coalesce(purchases.order_count, 0) as bigint) as order_count,
    cast(coalesce(purchases.order_amount, 0) as decimal(18, 4)) as order_amount,
    cast(purchases.average_order_amount as decimal(18, 4)) as average_order_amount,
    purchases.currency,
    purchases.first_order_at,
    purchases.last_order_at,
    habits.favourite_category,
    habits.usual_device,
    coalesce(2 * visits.bot_session_count > visits.session_count, false) as is_bot,
    coalesce(reached.has_push, false) as has_push,
    coalesce(reached.has_messenger, false) as has_messenger,
    coalesce(reached.has_viber, false) as has_viber,
    coalesce(reached.has_zalo, false) as has_zalo
from members
left join acts on members.profile_id = acts.profile_id
left join visits on members.profile_id = visits.profile_id
left join purchases on members.profile_id = purchases.profile_id
left join habits on members.profile_id = habits.profile_id
left join traits on members.profile_id = traits.profile_id
left join contexts on members.profile_id = contexts.profile_id
left join reached on members.profile_id = reached.profile_id
