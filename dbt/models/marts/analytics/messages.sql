-- One row per planned message: what was decided, where it ended, what came of it.
select
    planned.message_id,
    planned.campaign,
    planned.journey_version,
    planned.step_id,
    planned.enrolment_id,
    planned.profile_id,
    planned.channel,
    planned.purpose,
    planned.template,
    planned.decision,
    case
        when planned.decision = 'withhold' then 'withheld'
        when settled.outcome in ({{ quoted(ledger_outcomes()) }}) then settled.outcome
        else 'pending'
    end as outcome,
    case when planned.decision = 'withhold' then planned.reason else coalesce(settled.reason, '') end as reason,
    planned.is_holdout,
    planned.is_eligible,
    coalesce(settled.is_uncertain, false) as is_uncertain,
    cast(coalesce(settled.attempt_count, 0) as bigint) as attempts,
    planned.entered_at as planned_at,
    planned.decided_at,
    settled.sent_at,
    settled.sent_channel,
    settled.sent_provider,
    answered.delivered_at,
    answered.opened_at as first_opened_at,
    answered.clicked_at as first_clicked_at,
    answered.bounced_at,
    answered.complained_at,
    answered.unsubscribed_at,
    answered.replied_at,
    converted.converted_at,
    converted.conversion_amount,
    converted.conversion_currency,
    {{ microseconds('planned.decided_at') }} + planned.goal_microseconds <= {{ microseconds('run.as_of') }} as is_goal_window_over
from {{ ref('int_messages__identified') }} as planned
cross join {{ ref('stg_kith__runs') }} as run
left join {{ ref('int_messages__settled') }} as settled on planned.message_id = settled.message_id
left join {{ ref('int_messages__answered') }} as answered on planned.message_id = answered.message_id
left join {{ ref('int_messages__converted') }} as converted on planned.message_id = converted.message_id
