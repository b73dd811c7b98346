-- One row per profile, computed attribute and stretch of time in which it had one value: after valid_from, up to valid_until.
{{ config(materialized='view') }}

with

told as (
    select
        *,
        lead(as_of) over (partition by attribute, profile_id order by as_of, commit_name) as next_at
    from {{ ref('stg_kith__earlier_attribute_values') }}
)

select
    profile_id,
    attribute,
    value_type,
    value,
    as_of as valid_from,
    next_at as valid_until
from told
where value is not null and (next_at is null or next_at > as_of)
