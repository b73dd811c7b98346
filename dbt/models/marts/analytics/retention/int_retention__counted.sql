-- One row per kind of cohort, grain, cohort and period since: how many were active in it, came back first in it, and were last active in it.
{%- set cohort = 'cohort_by, period, cohort_on' %}

with

counts as (
    select
        {{ cohort }},
        period_number,
        count(*) as active_count,
        0 as first_count,
        0 as last_count
    from {{ ref('int_retention__returns') }}
    group by {{ cohort }}, period_number
    union all
    select
        {{ cohort }},
        first_return as period_number,
        0 as active_count,
        count(*) as first_count,
        0 as last_count
    from {{ ref('int_retention__reach') }}
    where first_return is not null
    group by {{ cohort }}, first_return
    union all
    select
        {{ cohort }},
        last_active as period_number,
        0 as active_count,
        0 as first_count,
        count(*) as last_count
    from {{ ref('int_retention__reach') }}
    group by {{ cohort }}, last_active
)

select
    {{ cohort }},
    period_number,
    sum(active_count) as active_count,
    sum(first_count) as first_count,
    sum(last_count) as last_count
from counts
group by {{ cohort }}, period_number
