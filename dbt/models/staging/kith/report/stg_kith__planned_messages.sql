-- One row per planned message, refusals of the plan gate included. A campaign is a journey with one message.
select
    message_id,
    journey as campaign,
    journey_version,
    step_id,
    enrolment_id,
    profile_id as decided_profile_id,
    channel,
    {{ mailbox_domain('address') }} as mailbox_domain,
    purpose,
    template,
    decision,
    reason,
    is_holdout,
    is_eligible,
    is_transactional,
    entered_at,
    decided_at,
    not_after,
    as_of
from {{ lake_table(source('lake', 'outbox')) }}
where as_of <= (select run.as_of from {{ ref('stg_kith__runs') }} as run)
