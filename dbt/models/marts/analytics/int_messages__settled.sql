-- One row per message in the ledger's log: where it stands, by its latest entry.
with

ranked as (
    select
        *,
        row_number() over (partition by message_id order by log_seq desc) as entry_rank,
        max(attempt) over (partition by message_id) as attempt_count,
        max(case when is_uncertain then 1 else 0 end) over (partition by message_id) = 1 as was_uncertain
    from {{ ref('stg_kith__outcomes') }}
)

select
    message_id,
    outcome,
    reason,
    attempt_count,
    was_uncertain as is_uncertain,
    case when outcome = 'accepted' then occurred_at end as sent_at,
    case when outcome = 'accepted' then channel end as sent_channel,
    case when outcome = 'accepted' then nullif(provider, '') end as sent_provider
from ranked
where entry_rank = 1
