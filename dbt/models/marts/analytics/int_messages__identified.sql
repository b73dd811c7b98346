-- One row per planned message, with the profile that its decided one is at present.
select
    planned.*,
    coalesce(aliases.profile_id, planned.decided_profile_id) as profile_id
from {{ ref('stg_kith__planned_messages') }} as planned
left join {{ ref('profile_aliases') }} as aliases
    on planned.decided_profile_id = aliases.alias_id
