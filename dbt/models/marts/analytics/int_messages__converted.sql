-- One row per planned message whose profile bought within its goal's time from the decision, holdouts and refusals included: its first order.
with

orders as (
    select
        planned.message_id,
        orders.ordered_at,
        orders.order_amount,
        orders.currency,
        row_number() over (
            partition by planned.message_id
            order by orders.ordered_at, orders.order_id
        ) as order_rank
    from {{ ref('int_messages__identified') }} as planned
    inner join {{ ref('orders') }} as orders
        on
            planned.profile_id = orders.profile_id
            and planned.decided_at <= orders.ordered_at
    where
        orders.has_completion
        and not orders.is_cancelled
        and {{ microseconds('orders.ordered_at') }} - {{ microseconds('planned.decided_at') }} < planned.goal_microseconds
)

select
    message_id,
    ordered_at as converted_at,
    order_amount as conversion_amount,
    currency as conversion_currency
from orders
where order_rank = 1
