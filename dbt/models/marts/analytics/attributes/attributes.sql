-- One row per computed attribute that is defined: what it is, and how many profiles had a value at the last evaluation.
select
    attribute,
    version,
    description,
    value_type,
    default_value,
    value_count,
    changed_count,
    as_of as evaluated_at
from {{ ref('stg_kith__attribute_evaluations') }}
