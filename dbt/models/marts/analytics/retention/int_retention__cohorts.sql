-- One row per kind of cohort (first seen, first order), grain (day, week, month) and profile: the period in which it began.
with

first_days as (
    select
        'first_seen' as cohort_by,
        profile_id,
        min(active_on) as first_on
    from {{ ref('int_profile_days__active') }}
    group by profile_id
    union all
    select
        'first_order' as cohort_by,
        profile_id,
        min(active_on) as first_on
    from {{ ref('int_profile_days__active') }}
    where has_order
    group by profile_id
)

{% for grain in retention_periods() %}
{{- '\nunion all\n' if not loop.first -}}
select
    cohort_by,
    '{{ grain }}' as period,
    profile_id,
    {{ first_day_of(grain, 'first_on') }} as cohort_on
from first_days
{%- endfor %}
