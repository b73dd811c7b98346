-- One row per order: what was ordered, and what became of it: net = ordered − refunded − cancelled, to the last digit.
-- A cancelled order nets nothing; a cancellation without an order of its own (a credit note) counts as it stands, negative.
-- Two currencies are never added: a refund in another one than the order's is counted apart, and its amount left out.
{{ config(
    materialized=increment_kind(), unique_key='order_id', incremental_strategy='replace', on_schema_change='fail',
    present_when='status is not null', post_hook="{{ note_absorbed(['events']) }}"
) }}
{%- do follow(['int_events__landed']) %}

with

{% if is_incremental() %}
touched as ({{ touched_orders(absorbed_build('events')) }}),
{% endif %}

line_sums as (
    select
        order_id,
        count(*) as line_count,
        {{ bounded('sum(line_amount)') }} as line_amount
    from {{ ref('int_order_lines__unnested') }}
    {%- if is_incremental() %}
    where order_id in (select touched.order_id from touched)
    {%- endif %}
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
    {%- if is_incremental() %}
    where order_id in (select touched.order_id from touched)
    {%- endif %}
    group by order_id
),

known as (
    select
        chosen.*,
        changes.is_cancelled,
        changes.cancelled_effective_at,
        coalesce(chosen.user_id, changes.user_id) as known_user_id,
        coalesce(chosen.anonymous_id, changes.anonymous_id) as known_anonymous_id,
        coalesce(chosen.currency, changes.currency) as known_currency,
        coalesce(line_sums.line_count, 0) as line_count,
        cast(coalesce(line_sums.line_amount, chosen.stated_amount, 0) as decimal(18, 4)) as order_amount
    from {{ ref('int_order_events__chosen') }} as chosen
    inner join changes on chosen.order_id = changes.order_id
    left join line_sums on chosen.order_id = line_sums.order_id
),

refunds as (
    select
        known.order_id,
        sum(case when coalesce(refunds.currency = known.known_currency, true) then refunds.refund_amount end) as refund_amount,
        max(case when refunds.refund_amount is null then 1 else 0 end) = 1 as is_whole,
        sum(case when refunds.currency != known.known_currency and refunds.refund_amount is not null then 1 else 0 end) as foreign_count
    from known
    inner join {{ ref('int_refunds__valued') }} as refunds on known.order_id = refunds.order_id
    group by known.order_id
),

refunded as (
    select
        known.*,
        known.event = 'Order Completed' as has_completion,
        coalesce(refunds.foreign_count, 0) as foreign_refund_count,
        cast(
            greatest(coalesce(refunds.refund_amount, 0), case when refunds.is_whole then known.order_amount else 0 end)
            as decimal(18, 4)
        ) as refunded_amount
    from known
    left join refunds on known.order_id = refunds.order_id
),

cancelled as (
    select
        *,
        cast(
            case when is_cancelled and (has_completion or order_amount > 0) then order_amount - refunded_amount else 0 end
            as decimal(18, 4)
        ) as cancelled_amount
    from refunded
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
    has_completion,
    order_amount,
    refunded_amount,
    cancelled_amount,
    cast(order_amount - refunded_amount - cancelled_amount as decimal(18, 4)) as net_amount,
    discount_amount,
    known_currency as currency,
    cast(line_count as bigint) as line_count,
    cast(foreign_refund_count as bigint) as foreign_refund_count,
    source,
    effective_at,
    cancelled_effective_at
from cancelled
{% if is_incremental() %}{{ keys_alone('touched', 'order_id', 17) }}{% endif %}
