-- One row per path of channels: how many orders it led to, and how often it led to none. Paths without any touch are none.
{{ config(materialized='table') }}

select
    path_id,
    path,
    cast(sum(case when order_id is null then 0 else 1 end) as bigint) as conversion_count,
    cast(sum(case when order_id is null then 1 else 0 end) as bigint) as abandoned_count
from {{ ref('int_touch_paths__joined') }}
group by path_id, path
