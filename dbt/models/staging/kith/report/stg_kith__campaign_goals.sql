-- One row per version of a campaign or journey: until when after the decision an order counts for it. Seven days where the definition says nothing.
with

landed as (
    select
        name as campaign,
        version as journey_version,
        {{ json_text('body', 'goal.within') }} as goal_within
    from {{ lake_table(source('lake', 'journey_versions')) }}
    where
        kind in ('campaign', 'journey')
        and as_of <= (select run.as_of from {{ ref('stg_kith__runs') }} as run)
),

stated as (
    select
        campaign,
        journey_version,
        max(trim(goal_within)) as goal_within
    from landed
    group by campaign, journey_version
)

select
    campaign,
    journey_version,
    coalesce({{ duration_microseconds('goal_within') }}, 604800000000) as goal_microseconds
from stated
