-- One row per batch and reason for which rows of it were set aside, or corrected before they landed.
select
    fate_id,
    batch_id,
    source,
    fate,
    reason,
    nullif(fates.field, '') as field,
    row_count,
    fates.at as judged_at
from {{ lake_table(source('lake', 'row_fates')) }} as fates
