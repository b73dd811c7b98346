-- One row per segment and present member.
select
    segment,
    version,
    profile_id,
    entered_at,
    as_of
from {{ lake_table(source('lake', 'segment_members')) }}
