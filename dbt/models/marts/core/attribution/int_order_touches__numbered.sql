-- One row per order that counts and touch of its customer within the look-back before it, both ends included, in their order.
with

touches as (
    select
        orders.order_id,
        orders.ordered_at,
        touches.touch_kind,
        touches.touch_id,
        touches.profile_id,
        touches.touched_at,
        touches.channel,
        touches.campaign
    from {{ ref('orders') }} as orders
    cross join {{ ref('stg_kith__attribution_rules') }} as rules
    inner join {{ ref('int_touches__collected') }} as touches
        on
            orders.profile_id = touches.profile_id
            and orders.ordered_at >= touches.touched_at
    where
        orders.has_completion
        and not orders.is_cancelled
        and {{ microseconds('orders.ordered_at') }} - {{ microseconds('touches.touched_at') }} <= rules.lookback_microseconds
)

select
    *,
    row_number() over (partition by order_id order by touched_at, touch_kind, touch_id) as touch_number,
    count(*) over (partition by order_id) as touch_count,
    count(*) over (partition by order_id, channel) as channel_touch_count
from touches
