-- One row per profile: the local hour at which a message to it is most likely to be answered.
select
    profile_id,
    time_zone,
    is_own_time_zone,
    best_hour,
    best_weekday,
    channel,
    probability,
    population_hour,
    population_probability,
    lift,
    basis,
    evidence_count,
    hour_weights,
    weekday_weights,
    model_version,
    as_of as scored_at
from {{ ref('stg_kith__send_times') }}
