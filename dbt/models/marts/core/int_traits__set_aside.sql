-- One row per identify event and trait whose value is not of the type that the trait must have: profiles keep the last good one.
select
    event_id,
    user_id,
    anonymous_id,
    source,
    trait,
    trait_value,
    json_type,
    fault as reason,
    effective_at
from {{ ref('int_traits__named') }}
where fault is not null
