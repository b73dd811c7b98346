-- One row per segment and instant at which it was evaluated.
select
    segment,
    version,
    as_of,
    member_count,
    found_count,
    held_since,
    held_reason,
    commit_name
from {{ lake_table(source('lake', 'segment_evaluations')) }}
where as_of <= (select run.as_of from {{ ref('stg_kith__runs') }} as run)
