-- One row per segment and present member.
select
    members.segment,
    members.profile_id,
    members.entered_at
from {{ lake_table(source('lake', 'segment_members')) }} as members
inner join {{ ref('stg_kith__segment_states') }} as states
    on
        members.segment = states.segment
        and members.commit_name = states.members_commit
