-- One row per identifier, purpose and channel: the word that counts now. A withdrawal wins over a grant of the same instant.
select
    identifier_type,
    identifier_value,
    purpose,
    channel,
    event_id,
    is_granted,
    legal_basis,
    evidence,
    valid_from,
    known_from,
    binds_at,
    told_at
from {{ ref('consent_history') }}
where is_current
