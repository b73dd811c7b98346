-- One row per entry of the delivery ledger's log.
select
    log_seq,
    message_id,
    outcome,
    reason,
    channel,
    provider,
    provider_message_id,
    attempt,
    is_uncertain,
    occurred_at
from {{ lake_table(source('lake', 'outcomes')) }}
