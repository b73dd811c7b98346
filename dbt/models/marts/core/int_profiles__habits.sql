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
        and device != 'bot'
    group by profile_id, device
),

favourites as (
    select * from bought
    where category_rank = 1
),

usual as (
    select * from used
    where device_rank = 1
)

select
    coalesce(favourites.profile_id, usual.profile_id) as profile_id,
    favourites.category as favourite_category,
    usual.device as usual_device
from favourites
full outer join usual
    on favourites.profile_id = usual.profile_id
