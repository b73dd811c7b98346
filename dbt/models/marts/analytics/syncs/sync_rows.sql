-- One row per run of a sync and row that it pushed or set aside: what became of it at the destination.
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
    attempts as attempt_count,
    is_uncertain,
    finished_at
from {{ ref('stg_kith__sync_outcomes') }}
