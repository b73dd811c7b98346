-- One row per profile, computed attribute and earlier evaluation at which its value became another; a null value ended it.
select
    attribute,
    profile_id,
    value_type,
    value,
    as_of,
    commit_name
from {{ lake_table(source('lake', 'earlier_attribute_values')) }}
