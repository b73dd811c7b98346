-- One row per kind of cohort, grain, cohort and profile of it: the first period in which it came back, and the last in which it was active.
-- Periods that aren't over as of the run are left out.
select
    returns.cohort_by,
    returns.period,
    returns.cohort_on,
    returns.profile_id,
    min(case when returns.period_number > 0 then returns.period_number end) as first_return,
    max(returns.period_number) as last_active
from {{ ref('int_retention__returns') }} as returns
cross join {{ ref('stg_kith__runs') }} as run
where {{ periods_between('returns.period', 'returns.cohort_on', 'cast(run.as_of as date)') }} > returns.period_number
group by returns.cohort_by, returns.period, returns.cohort_on, returns.profile_id
