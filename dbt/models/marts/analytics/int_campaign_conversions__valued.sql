-- One row per campaign and channel of which a message converted: what those orders came to, in one currency.
-- Two currencies are never added up: it is the one that the lift counts, else that of most conversions.
with

lift as (
    select
        campaign,
        currency
    from {{ ref('stg_kith__lift') }}
    where metric = 'revenue_per_person'
),

conversions as (
    select
        campaign,
        channel,
        conversion_currency as currency,
        count(*) as conversion_count,
        sum(conversion_amount) as conversion_amount
    from {{ ref('messages') }}
    where
        decision = 'send'
        and conversion_amount is not null
    group by campaign, channel, conversion_currency
),

ranked as (
    select
        conversions.*,
        row_number() over (
            partition by conversions.campaign, conversions.channel
            order by conversions.conversion_count desc, conversions.currency asc nulls last
        ) as currency_rank
    from conversions
    left join lift on conversions.campaign = lift.campaign
    where
        lift.currency is null
        or conversions.currency = lift.currency
)

select
    campaign,
    channel,
    currency,
    cast(conversion_amount as decimal(18, 4)) as conversion_amount
from ranked
where currency_rank = 1
