-- One row per profile, purpose and channel: the strictest of what is recorded for its identifiers. No row means no permission.
{{ config(materialized='table') }}

with

held as (
    select
        identities.profile_id,
        consents.*,
        row_number() over (
            partition by identities.profile_id, consents.purpose, consents.channel
            order by
                consents.is_granted asc,
                consents.effective_at desc,
                consents.identifier_type desc,
                consents.identifier_value asc
        ) as strictness_rank
    from {{ ref('int_consents__recorded') }} as consents
    inner join {{ ref('identities') }} as identities
        on
            consents.identifier_type = identities.identifier_type
            and consents.identifier_value = identities.identifier_value
)

select
    profile_id,
    purpose,
    channel,
    is_granted,
    legal_basis,
    evidence,
    effective_at
from held
where strictness_rank = 1
