-- One row per profile, segment and change: entered or left, and why.
select
    changes.segment,
    changes.version,
    changes.profile_id,
    changes.change,
    changes.reason,
    changes.at as changed_at
from {{ lake_table(source('lake', 'segment_history')) }} as changes
where changes.at <= (select run.as_of from {{ ref('stg_kith__runs') }} as run)
