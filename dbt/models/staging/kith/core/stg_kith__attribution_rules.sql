-- One row: how orders are credited to touches. None where nothing is defined.
select
    attribution,
    version,
    lookback_microseconds,
    half_life_microseconds,
    first_share,
    last_share
from {{ lake_table(source('lake', 'attribution_rules')) }}
