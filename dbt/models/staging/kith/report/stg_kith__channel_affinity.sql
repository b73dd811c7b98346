-- One row per profile and channel of the latest scoring; none of a scoring later than the run.
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
    as_of
from {{ lake_table(source('lake', 'channel_affinity')) }}
where as_of <= (select run.as_of from {{ ref('stg_kith__runs') }} as run)
