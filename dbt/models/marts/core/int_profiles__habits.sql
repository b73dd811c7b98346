-- One row per profile with a visit or an order: the category bought most, the device used most.
with

bought as (
    select
        profile_id,
        category,
        row_number() over (partition by profile_id order by sum(quantity) desc, category asc) as category_rank
    from {{ ref('order_lines') }}
    where
        profile_id is not null
        and category is not null
        and not is_cancelled
    group by profile_id, category
),

used as (
    select
        profile_id,
        device,
        row_number() over (partition by profile_id order by count(*) desc, device asc) as device_rank
    from {{ ref('sessions') }}
    where
        profile_id is not null
        and device is not null
    group by profile_id, device
)

select
    coalesce(bought.profile_id, used.profile_id) as profile_id,
    bought.category as favourite_category,
    used.device as usual_device
from (select * from bought where category_rank = 1) as bought
full outer join (select * from used where device_rank = 1) as used
    on bought.profile_id = used.profile_id
