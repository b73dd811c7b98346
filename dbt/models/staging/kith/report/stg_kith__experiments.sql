-- One row per experiment and variant, as the last looks before the run found them.
select
    journey,
    step_id,
    variant,
    variant_number,
    goal,
    people_count,
    reached_count,
    rate,
    is_leader,
    is_winner,
    is_proved,
    decided_at,
    as_of
from {{ lake_table(source('lake', 'experiments')) }}
