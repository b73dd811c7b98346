-- One row per segment and present member.
select
    members.segment,
    people.profile_id,
    members.entered_at
from {{ lake_table(source('lake', 'segment_members')) }} as members
inner join {{ ref('stg_kith__segment_states') }} as states
    on
        members.segment = states.segment
        and members.commit_name = states.members_commit
inner join {{ lake_table(source('lake', 'segment_population')) }} as people
    on
        states.members_population = people.commit_name
        and members.{{ named('position') }} = people.{{ named('position') }}
