-- One row per day of decision, campaign, channel and currency: what the recipients of the day ordered in that currency.
-- Each currency has all recipients of its day beside it: revenue per recipient is told per currency, and never added over them.
with

sent as (
    select
        cast(decided_at as date) as decided_on,
        campaign,
        channel,
        count(*) as sent_count
    from {{ ref('messages') }}
    where outcome = 'accepted'
    group by 1, 2, 3
),

converted as (
    select
        cast(decided_at as date) as decided_on,
        campaign,
        channel,
        coalesce(conversion_currency, '') as currency,
        count(*) as converted_count,
        sum(conversion_amount) as conversion_amount
    from {{ ref('messages') }}
    where
        outcome = 'accepted'
        and converted_at is not null
    group by 1, 2, 3, 4
),

currencies as (
    select distinct currency
    from converted
)

select
    sent.decided_on,
    sent.campaign,
    sent.channel,
    currencies.currency,
    cast(sent.sent_count as bigint) as sent_count,
    cast(coalesce(converted.converted_count, 0) as bigint) as converted_count,
    cast(coalesce(converted.conversion_amount, 0) as decimal(18, 4)) as conversion_amount
from sent
cross join currencies
left join converted
    on
        sent.decided_on = converted.decided_on
        and sent.campaign = converted.campaign
        and sent.channel = converted.channel
        and currencies.currency = converted.currency
