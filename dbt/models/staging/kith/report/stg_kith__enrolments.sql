-- One row per enrolment: who came into which version of a journey, when, and by what.
select
    journey,
    journey_version,
    enrolment_id,
    profile_id as enrolled_profile_id,
    entry_key,
    entered_at,
    is_holdout,
    holdout,
    segment,
    trigger_event_id,
    is_late
from {{ lake_table(source('lake', 'enrolments')) }}
where as_of <= (select run.as_of from {{ ref('stg_kith__runs') }} as run)
