-- One row per planned message, with the profile that its decided one is at present, and the time within which an order counts for it:
-- `goal.within` of its campaign's version, seven days where nothing is stated.
select
    planned.*,
    coalesce(aliases.profile_id, planned.decided_profile_id) as profile_id,
    coalesce(goals.goal_microseconds, 604800000000) as goal_microseconds
from {{ ref('stg_kith__planned_messages') }} as planned
left join {{ ref('stg_kith__campaign_goals') }} as goals
    on
        planned.campaign = goals.campaign
        and planned.journey_version = goals.journey_version
left join {{ ref('profile_aliases') }} as aliases
    on planned.decided_profile_id = aliases.alias_id
