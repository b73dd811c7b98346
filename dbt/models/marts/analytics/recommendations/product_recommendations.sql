-- One row per product, kind of list and rank: what stands beside the product, the best first.
-- Its test against products runs where that is upstream. depends_on: {{ ref('products') }}
select
    product_id,
    kind,
    rank,
    recommended_product_id,
    score,
    model_version,
    as_of as recommended_at
from {{ ref('stg_kith__product_recommendations') }}
