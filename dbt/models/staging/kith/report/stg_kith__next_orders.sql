-- One row per profile, model and time of scoring; none of a scoring later than the run.
select
    profile_id,
    model,
    model_version,
    as_of,
    horizon_days,
    expected_days,
    expected_at,
    expected_low_at,
    expected_high_at,
    order_within_30d_probability,
    order_within_horizon_probability
from {{ lake_table(source('lake', 'next_orders')) }}
where as_of <= (select run.as_of from {{ ref('stg_kith__runs') }} as run)
