-- One row per profile and model: what it is expected to bring, by the model's latest scoring; who was not scored then has none.
with

latest as (
    select
        model,
        max(as_of) as as_of
    from {{ ref('stg_kith__scores') }}
    group by model
)

select
    told.profile_id,
    told.model,
    told.value_amount,
    told.value_low_amount,
    told.value_high_amount,
    told.currency,
    told.horizon_days,
    told.expected_purchase_count,
    told.any_purchase_probability,
    told.alive_probability,
    told.average_purchase_amount,
    told.model_version,
    told.as_of as scored_at
from {{ ref('stg_kith__lifetime_values') }} as told
inner join latest
    on
        told.model = latest.model
        and told.as_of = latest.as_of
