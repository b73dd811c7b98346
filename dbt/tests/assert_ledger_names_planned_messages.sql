-- The ledger speaks of no message that was never planned, and of none that the plan gate withheld.
{{ config(tags=['report']) }}

select
    settled.message_id,
    planned.decision
from {{ ref('int_messages__settled') }} as settled
left join {{ ref('stg_kith__planned_messages') }} as planned
    on settled.message_id = planned.message_id
where
    planned.message_id is null
    or planned.decision != 'send'
