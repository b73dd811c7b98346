-- One row per experiment and variant: how many have their result, how many reached the goal, and who won.
select
    journey,
    step_id,
    variant,
    cast(variant_number as bigint) as variant_number,
    goal,
    cast(people_count as bigint) as people_count,
    cast(reached_count as bigint) as reached_count,
    cast(rate as double) as rate,
    is_leader,
    is_winner,
    is_proved,
    decided_at,
    as_of
from {{ ref('stg_kith__experiments') }}
