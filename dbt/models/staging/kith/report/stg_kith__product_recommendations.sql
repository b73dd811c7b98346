-- One row per product, kind of list and rank of the latest scoring; none of a scoring later than the run.
select
    product_id,
    kind,
    rank,
    recommended_product_id,
    score,
    model_version,
    as_of
from {{ lake_table(source('lake', 'product_recommendations')) }}
where as_of <= (select run.as_of from {{ ref('stg_kith__runs') }} as run)
