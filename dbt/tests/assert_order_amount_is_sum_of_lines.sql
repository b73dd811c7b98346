-- Where an order lists lines, its amount is their sum to the last digit.
{{ config(tags=['core']) }}

with

line_sums as (
    select
        order_id,
        sum(line_amount) as line_amount,
        count(*) as line_count
    from {{ ref('order_lines') }}
    group by order_id
)

select
    orders.order_id,
    orders.order_amount,
    line_sums.line_amount
from {{ ref('orders') }} as orders
left join line_sums on orders.order_id = line_sums.order_id
where
    orders.line_count != coalesce(line_sums.line_count, 0)
    or (line_sums.order_id is not null and orders.order_amount != line_sums.line_amount)
