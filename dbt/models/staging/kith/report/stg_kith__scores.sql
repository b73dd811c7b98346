-- One row per profile, model and time of scoring.
select
    profile_id,
    model,
    score,
    model_version,
    reasons,
    scored_at,
    as_of
from {{ lake_table(source('lake', 'scores')) }}
where as_of <= (select run.as_of from {{ ref('stg_kith__runs') }} as run)
