-- One row per profile and rank: a product to show them, the best first.
-- Its test against products runs where that is upstream. depends_on: {{ ref('products') }}
select
    profile_id,
    rank,
    product_id,
    score,
    kind,
    because_product_id,
    reason,
    model_version,
    as_of as recommended_at
from {{ ref('stg_kith__recommendations') }}
