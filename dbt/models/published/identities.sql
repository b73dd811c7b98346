-- One row per identifier: the profile that holds it.
{{ config(materialized='view') }}

select
    identifier_type,
    identifier_value,
    profile_id,
    joined_at
from {{ ref('int_identifiers__tracked') }}
where profile_id is not null
