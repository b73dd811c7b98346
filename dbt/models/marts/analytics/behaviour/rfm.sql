-- One row per profile that ever ordered: how recently, how often and how much, in fifths of all buyers as of the run.
-- Five is best. Fifths are by rank among buyers; equal values may fall into two fifths, told apart by the profile's id.
with

buyers as (
    select
        profiles.profile_id,
        profiles.order_count,
        profiles.order_amount,
        profiles.currency,
        profiles.last_order_at,
        {{ days_between('profiles.last_order_at', 'run.as_of') }} as recency_days,
        run.as_of
    from {{ ref('profiles') }} as profiles
    cross join {{ ref('stg_kith__runs') }} as run
    where
        profiles.order_count > 0
        and profiles.last_order_at is not null
        and not profiles.is_bot
),

-- Amounts of different currencies aren't compared: money ranks within its own.
scored as (
    select
        *,
        ntile(5) over (order by last_order_at, profile_id) as recency_score,
        ntile(5) over (order by order_count, profile_id) as frequency_score,
        ntile(5) over (partition by currency order by order_amount, profile_id) as monetary_score
    from buyers
)

select
    profile_id,
    round(recency_days, 6) as recency_days,
    order_count,
    order_amount,
    currency,
    cast(recency_score as bigint) as recency_score,
    cast(frequency_score as bigint) as frequency_score,
    cast(monetary_score as bigint) as monetary_score,
    {{ rfm_segment('recency_score', 'frequency_score') }} as rfm_segment,
    as_of
from scored
