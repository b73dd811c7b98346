-- One row per profile, purpose and channel: the strictest of what its identifiers say. No row means no permission.
-- A refusal counts until the person grants again: a later grant by another identifier lifts it if both had joined the profile by then.
{{ config(materialized='table') }}

with

held as (
    select
        identifiers.profile_id,
        identifiers.joined_at,
        consents.*
    from {{ ref('int_consents__recorded') }} as consents
    inner join {{ ref('stg_kith__identifiers') }} as identifiers
        on
            consents.identifier_type = identifiers.identifier_type
            and consents.identifier_value = identifiers.identifier_value
),

lifted as (
    select
        refused.identifier_type,
        refused.identifier_value,
        refused.purpose,
        refused.channel
    from held as refused
    inner join held as granted
        on
            refused.profile_id = granted.profile_id
            and refused.purpose = granted.purpose
            and refused.channel = granted.channel
    where
        granted.is_granted
        and not refused.is_granted
        and granted.binds_at > refused.binds_at
        and granted.told_at >= refused.joined_at
        and granted.told_at >= granted.joined_at
    group by refused.identifier_type, refused.identifier_value, refused.purpose, refused.channel
),

judged as (
    select
        held.*,
        lifted.identifier_type is not null as is_lifted
    from held
    left join lifted
        on
            held.identifier_type = lifted.identifier_type
            and held.identifier_value = lifted.identifier_value
            and held.purpose = lifted.purpose
            and held.channel = lifted.channel
),

ranked as (
    select
        *,
        sum(case when is_lifted then 1 else 0 end) over (partition by profile_id, purpose, channel) as lifted_count,
        row_number() over (
            partition by profile_id, purpose, channel
            order by
                case when is_lifted then 2 when is_granted then 1 else 0 end asc,
                known_from desc,
                identifier_type desc,
                identifier_value asc
        ) as strictness_rank
    from judged
)

select
    profile_id,
    purpose,
    channel,
    is_granted,
    legal_basis,
    evidence,
    known_from as effective_at,
    valid_from,
    identifier_type,
    identifier_value,
    event_id,
    cast(lifted_count as bigint) as lifted_count
from ranked
where strictness_rank = 1
