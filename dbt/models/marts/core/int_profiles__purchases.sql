-- One row per profile with an order: counts and money, in the currency of most of its orders; two currencies are never added up.
with

by_currency as (
    select
        profile_id,
        currency,
        sum(case when has_completion and not is_cancelled then 1 else 0 end) as order_count,
        sum(net_amount) as order_amount,
        sum(case when has_completion and not is_cancelled then net_amount end) as completed_amount,
        count(*) as all_order_count
    from {{ ref('orders') }}
    where profile_id is not null
    group by profile_id, currency
),

ranked as (
    select
        *,
        row_number() over (
            partition by profile_id
            order by order_count desc, all_order_count desc, currency asc
        ) as currency_rank
    from by_currency
),

times as (
    select
        profile_id,
        sum(case when has_completion and not is_cancelled then 1 else 0 end) as order_count,
        min(case when has_completion and not is_cancelled then ordered_at end) as first_order_at,
        max(case when has_completion and not is_cancelled then ordered_at end) as last_order_at
    from {{ ref('orders') }}
    where profile_id is not null
    group by profile_id
)

select
    times.profile_id,
    times.order_count,
    ranked.order_amount,
    round(ranked.completed_amount / nullif(ranked.order_count, 0), 4) as average_order_amount,
    ranked.currency,
    times.first_order_at,
    times.last_order_at
from times
inner join ranked on times.profile_id = ranked.profile_id
where ranked.currency_rank = 1
