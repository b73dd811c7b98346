-- One row per segment in force.
select
    segment,
    version,
    as_of,
    member_count,
    members_commit
from {{ lake_table(source('lake', 'segment_states')) }}
