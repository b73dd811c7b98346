-- One row per day, source, type and name of event: how many, and of how many profiles.
{{ config(materialized='table') }}

select
    cast(occurred_at as date) as occurred_on,
    coalesce(source, '') as source,
    type,
    coalesce(event, '') as event,
    cast(count(*) as bigint) as event_count,
    cast(count(distinct profile_id) as bigint) as profile_count
from {{ ref('events') }}
group by 1, 2, 3, 4
