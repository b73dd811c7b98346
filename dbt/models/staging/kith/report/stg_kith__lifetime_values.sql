-- One row per profile, model and time of scoring; none of a scoring later than the run.
select
    profile_id,
    model,
    model_version,
    as_of,
    horizon_days,
    cast(value_amount as decimal(18, 4)) as value_amount,
    cast(value_low_amount as decimal(18, 4)) as value_low_amount,
    cast(value_high_amount as decimal(18, 4)) as value_high_amount,
    currency,
    expected_purchase_count,
    any_purchase_probability,
    alive_probability,
    cast(average_purchase_amount as decimal(18, 4)) as average_purchase_amount
from {{ lake_table(source('lake', 'lifetime_values')) }}
where as_of <= (select run.as_of from {{ ref('stg_kith__runs') }} as run)
