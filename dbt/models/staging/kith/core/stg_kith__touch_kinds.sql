-- One row per kind of touch: a status of messages, visits at all, or a channel of visits that is none.
select
    kind,
    name
from {{ lake_table(source('lake', 'touch_kinds')) }}
