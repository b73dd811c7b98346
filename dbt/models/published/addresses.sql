-- One row per profile, channel and address of a device or a chat that was ever its own. An address belongs to whoever told it last, until
-- somebody says that nobody is there any more.
{{ config(materialized='table') }}

with

owned as (
    select
        {{ joined_profile_id() }} as profile_id,
        told.address_type,
        told.address,
        told.platform,
        told.first_seen_at,
        told.last_seen_at,
        told.lost_at
    from {{ ref('int_addresses__told') }} as told
    {{ join_profile('told') | indent(4) }}
),

held as (
    select
        profile_id,
        address_type,
        address,
        max(platform) as platform,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at
    from owned
    where last_seen_at is not null
    group by profile_id, address_type, address
),

losses as (
    select
        address_type,
        address,
        max(lost_at) as lost_at
    from owned
    where lost_at is not null
    group by address_type, address
),

-- Who is no profile (an identifier that names nobody) may hold it all the same: then it is nobody's.
ranked as (
    select
        held.*,
        case when losses.lost_at >= held.last_seen_at then losses.lost_at end as retired_at,
        row_number() over (
            partition by held.address_type, held.address
            order by held.last_seen_at desc, coalesce(held.profile_id, '') asc
        ) as place
    from held
    left join losses
        on
            held.address_type = losses.address_type
            and held.address = losses.address
)

select
    profile_id,
    case address_type
        {%- for kind, rule in address_kinds().items() %}
        when '{{ kind }}' then '{{ rule.channel }}'
        {%- endfor %}
    end as channel,
    address,
    address_type,
    case address_type
        {%- for kind, rule in address_kinds().items() %}
        when '{{ kind }}' then '{{ rule.provider }}'
        {%- endfor %}
    end as provider,
    platform,
    first_seen_at,
    last_seen_at,
    retired_at,
    place = 1 and retired_at is null as is_current
from ranked
where profile_id is not null
