-- One row per profile and rank of the latest scoring; none of a scoring later than the run.
select
    profile_id,
    rank,
    product_id,
    score,
    kind,
    because_product_id,
    reason,
    model_version,
    as_of
from {{ lake_table(source('lake', 'recommendations')) }}
where as_of <= (select run.as_of from {{ ref('stg_kith__runs') }} as run)
