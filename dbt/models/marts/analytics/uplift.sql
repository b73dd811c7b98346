-- One row per profile and channel: what a message adds to the chance of an order.
select
    profile_id,
    channel,
    cast(uplift as double) as uplift,
    is_best,
    model_version,
    as_of
from {{ ref('stg_kith__uplift') }}
