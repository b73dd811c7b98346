-- One row per computed attribute that is defined, as of its last evaluation.
select
    attribute,
    version,
    description,
    value_type,
    default_value,
    value_count,
    changed_count,
    as_of
from {{ lake_table(source('lake', 'attribute_evaluations')) }}
