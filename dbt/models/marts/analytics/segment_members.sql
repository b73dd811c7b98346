-- One row per segment and present member; ids of merged profiles are read through their aliases.
select
    members.segment,
    coalesce(aliases.profile_id, members.profile_id) as profile_id,
    min(members.entered_at) as entered_at
from {{ ref('stg_kith__segment_members') }} as members
left join {{ ref('profile_aliases') }} as aliases
    on members.profile_id = aliases.alias_id
group by 1, 2
