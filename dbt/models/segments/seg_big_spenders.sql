-- One row per profile among the tenth of buyers that spent most, if it was seen in the 90 days before the run and is no bot.
with

buyers as (
    select
        profiles.profile_id,
        profiles.last_seen_at,
        profiles.is_bot,
        percent_rank() over (order by profiles.order_amount) as spending_rank
    from {{ ref('profiles') }} as profiles
    where profiles.order_count > 0
)

select buyers.profile_id
from buyers
cross join {{ ref('stg_kith__runs') }} as run
where
    buyers.spending_rank >= 0.9
    and {{ days_between('buyers.last_seen_at', 'run.as_of') }} <= 90
    and not buyers.is_bot
