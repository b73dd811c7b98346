-- One row per segment in force.
select
    segment,
    version,
    as_of,
    member_count,
    members_commit,
    members_population
from {{ lake_table(source('lake', 'segment_states')) }}
