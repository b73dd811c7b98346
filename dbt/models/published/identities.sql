-- One row per identifier: the profile that holds it.
{{ config(materialized='table') }}

select
    identifier_type,
    identifier_value,
    profile_id,
    joined_at
from {{ ref('stg_kith__identifiers') }}
