-- One row per profile and channel that may and can be used for it: how likely a click is, and what a message brings net of its cost.
select
    profile_id,
    channel,
    probability,
    population_probability,
    expected_value,
    cost,
    currency,
    rank,
    basis,
    evidence_count,
    model_version,
    as_of as scored_at
from {{ ref('stg_kith__channel_affinity') }}
