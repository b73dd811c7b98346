-- One row per profile and model: when its next order is expected, by the model's latest scoring; who was not scored then has none.
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
    told.expected_days,
    told.expected_at,
    told.expected_low_at,
    told.expected_high_at,
    told.order_within_30d_probability,
    told.order_within_horizon_probability,
    told.horizon_days,
    told.model_version,
    told.as_of as scored_at
from {{ ref('stg_kith__next_orders') }} as told
inner join latest
    on
        told.model = latest.model
        and told.as_of = latest.as_of
