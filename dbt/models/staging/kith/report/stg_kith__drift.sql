-- One row per model, time of scoring and feature whose distribution moved; none of a scoring later than the run.
select
    model,
    model_version,
    as_of,
    feature,
    stability_index,
    reading,
    row_count
from {{ lake_table(source('lake', 'drift')) }}
where as_of <= (select run.as_of from {{ ref('stg_kith__runs') }} as run)
