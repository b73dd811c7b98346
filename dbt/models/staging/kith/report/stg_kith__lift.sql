-- One row per campaign and metric: what the treated did more than the holdout.
select
    campaign,
    metric,
    currency,
    treated_count,
    holdout_count,
    window_days,
    complete_count,
    treated_mean,
    holdout_mean,
    lift,
    lift_relative,
    lower as lift_lower,
    upper as lift_upper,
    adjusted_lift,
    adjusted_lower as adjusted_lift_lower,
    adjusted_upper as adjusted_lift_upper,
    variance_reduction,
    srm_p_value,
    method,
    as_of
from {{ lake_table(source('lake', 'lift')) }}
