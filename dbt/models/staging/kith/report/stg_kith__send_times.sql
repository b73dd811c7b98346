-- One row per profile of the latest scoring; none of a scoring later than the run.
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
    as_of
from {{ lake_table(source('lake', 'send_times')) }}
where as_of <= (select run.as_of from {{ ref('stg_kith__runs') }} as run)
