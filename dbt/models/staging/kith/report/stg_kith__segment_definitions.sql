-- One row per version of a segment's definition.
select
    name as segment,
    kind,
    version,
    body,
    path,
    effective_at
from {{ lake_table(source('lake', 'segment_definitions')) }}
