-- One row per order: what was ordered, and what became of it.
-- A cancelled order counts nothing; a cancellation without an order of its own (a credit note) counts as it stands, negative.
with

chosen as (select * from {{ ref('int_order_events__chosen') }}),

line_sums as (
    select
        order_id,
        count(*) as line_count,
        sum(line_amount) as line_amount
    from {{ ref('int_order_lines__unnested') }}
    group by order_id
),

changes as (
    select
        order_id,
        max(user_id) as user_id,
        max(anonymous_id) as anonymous_id,
        max(currency) as currency,
        max(case when event = 'Order Cancelled' then 1 else 0 end) = 1 as is_cancelled,
        min(case when event = 'Order Cancelled' then effective_at end) as cancelled_effective_at
    from {{ ref('int_order_events__extracted') }}
    group by order_id
),

refunds as (
    select
        order_id,
        sum(refund_amount) as refund_amount,
        max(case when refund_amount is null then 1 else 0 end) = 1 as is_whole
    from {{ ref('int_refunds__valued') }}
    group by order_id
),

valued as (
    select
        chosen.*,
        changes.is_cancelled,
        changes.cancelled_effective_at,
        coalesce(chosen.user_id, changes.user_id) as known_user_id,
        coalesce(chosen.anonymous_id, changes.anonymous_id) as known_anonymous_id,
        coalesce(chosen.currency, changes.currency) as known_currency,
        coalesce(line_sums.line_count, 0) as line_count,
        cast(coalesce(line_sums.line_amount, chosen.stated_amount, 0) as decimal(18, 4)) as order_amount,
        coalesce(refunds.is_whole, false) as is_refunded_whole,
        coalesce(refunds.refund_amount, 0) as refund_amount
    from chosen
    inner join changes on chosen.order_id = changes.order_id
    left join line_sums on chosen.order_id = line_sums.order_id
    left join refunds on chosen.order_id = refunds.order_id
),

refunded as (
    select
        *,
        cast(case when is_refunded_whole then order_amount else refund_amount end as decimal(18, 4)) as refunded_amount
    from valued
)

select
    order_id,
    known_user_id as user_id,
    known_anonymous_id as anonymous_id,
    occurred_at as ordered_at,
    case
        when is_cancelled then 'cancelled'
        when refunded_amount > 0 and refunded_amount >= order_amount then 'refunded'
        when refunded_amount > 0 then 'partially_refunded'
        else 'completed'
    end as status,
    is_cancelled,
    event = 'Order Completed' as has_completion,
    order_amount,
    refunded_amount,
    cast(
        case
            when is_cancelled and event = 'Order Completed' then 0
            when is_cancelled then order_amount
            else order_amount - refunded_amount
        end as decimal(18, 4)
    ) as net_amount,
    discount_amount,
    known_currency as currency,
    cast(line_count as bigint) as line_count,
    source,
    effective_at,
    cancelled_effective_at
from refunded
