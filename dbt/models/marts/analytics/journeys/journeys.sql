-- One row per version of a journey that anybody is or was in: how many came in, are inside, and how the others ended.
select
    journey,
    journey_version,
    cast(count(*) as bigint) as enrolment_count,
    cast(sum(case when is_ended then 0 else 1 end) as bigint) as inside_count,
    cast(sum(case when ended_by = 'completed' then 1 else 0 end) as bigint) as completed_count,
    cast(sum(case when ended_by = 'goal' then 1 else 0 end) as bigint) as goal_count,
    cast(sum(case when ended_by in ('stopped', 'merged') then 1 else 0 end) as bigint) as stopped_count,
    cast(sum(case when is_holdout then 1 else 0 end) as bigint) as holdout_count,
    min(entered_at) as first_entered_at,
    max(entered_at) as last_entered_at
from {{ ref('enrolments') }}
group by journey, journey_version
