-- One row per profile, computed attribute and evaluation at which its value became another; a null value ended it.
select
    attribute,
    version,
    profile_id,
    value_type,
    value,
    as_of,
    commit_name
from {{ lake_table(source('lake', 'attribute_values')) }}
