-- One row per model, path of channels and channel of it: the share of an order of that path which the channel earns.
select
    model,
    path_id,
    channel,
    credit
from {{ lake_table(source('lake', 'path_credits')) }}
