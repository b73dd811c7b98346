-- One row per profile and 30-day period before the run's as_of: its orders, by the time they took effect.
-- A refund or a cancellation counts in the period in which it was learned, so that a past cut-off never knows of a later one.
-- Two currencies are never added: amounts are those in the currency of the profile's first order, which every later cut-off knows.
with

orders as (
    select
        facts.*,
        {{ joined_profile_id() }} as profile_id
    from {{ ref('int_orders__folded') }} as facts
    {{ join_profile('facts') | indent(4) }}
),

valued as (
    select
        *,
        coalesce(currency, '') = coalesce(first_value(currency) over (partition by profile_id order by effective_at, order_id), '') as is_own_currency
    from orders
    where profile_id is not null
),

placed as (
    select
        *,
        {{ microseconds('effective_at') }} - lag({{ microseconds('effective_at') }})
            over (partition by profile_id order by effective_at, order_id) as gap_microseconds
    from valued
    where has_completion
),

happened as (
    select
        profile_id,
        effective_at,
        'placed' as kind,
        is_own_currency,
        case when is_own_currency then order_amount else 0 end as amount,
        line_count,
        case when discount_amount > 0 then 1 else 0 end as discounted_count,
        cast(gap_microseconds as double) / cast(86400000000 as double) as gap_days
    from placed
    union all
    select
        profile_id,
        cancelled_effective_at,
        'cancelled',
        is_own_currency,
        case when is_own_currency then order_amount else 0 end,
        0,
        0,
        cast(null as double)
    from valued
    where cancelled_effective_at is not null
    union all
    select
        valued.profile_id,
        refunds.effective_at,
        'refunded',
        valued.is_own_currency,
        case
            when valued.is_own_currency and coalesce(refunds.currency = valued.currency, true)
                then coalesce(refunds.refund_amount, valued.order_amount)
            else 0
        end,
        0,
        0,
        cast(null as double)
    from {{ ref('int_refunds__valued') }} as refunds
    inner join valued on refunds.order_id = valued.order_id
),

dated as (
    select
        happened.*,
        {{ period_of('happened.effective_at') }} as period,
        {{ is_last_week('happened.effective_at') }} as is_late
    from happened
    cross join {{ ref('stg_kith__runs') }} as run
    where happened.profile_id is not null
)

select
    profile_id,
    period,
    min(case when kind = 'placed' then effective_at end) as first_order_at,
    max(case when kind = 'placed' then effective_at end) as last_order_at,
    sum(case when kind = 'placed' then 1 else 0 end) as order_count,
    sum(case when kind = 'placed' and is_late then 1 else 0 end) as order_count_late,
    sum(case when kind = 'placed' then amount else 0 end) as order_amount,
    sum(case when kind = 'placed' and is_late then amount else 0 end) as order_amount_late,
    sum(case when kind = 'placed' and is_own_currency then 1 else 0 end) as valued_order_count,
    sum(line_count) as line_count,
    sum(discounted_count) as discounted_order_count,
    sum(case when kind = 'cancelled' then 1 else 0 end) as cancelled_order_count,
    sum(case when kind = 'refunded' then amount else 0 end) as refunded_amount,
    sum(gap_days) as gap_days,
    sum(gap_days * gap_days) as gap_days_squared,
    max(gap_days) as longest_gap_days
from dated
group by profile_id, period
