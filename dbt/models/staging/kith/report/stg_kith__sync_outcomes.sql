-- One row per row that a run of a sync pushed, or set aside.
select
    sync,
    run_id,
    position,
    destination,
    mode,
    operation,
    row_key,
    outcome,
    detail,
    provider_code,
    remote_id,
    attempts,
    is_uncertain,
    finished_at
from {{ lake_table(source('lake', 'sync_outcomes')) }}
