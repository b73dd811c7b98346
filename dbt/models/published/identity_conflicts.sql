-- One row per pair of identifiers that came together and was not joined, with the rule that kept them apart.
select
    left_type,
    left_value,
    right_type,
    right_value,
    reason,
    rule,
    first_received_at,
    edge_count
from {{ ref('stg_kith__conflicts') }}
