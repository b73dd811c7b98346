-- Where attribution is defined and an order counts, all seven models speak of it.
{{ config(tags=['report']) }}

select
    rules.attribution,
    orders.order_id,
    count(distinct attribution.model) as model_count
from {{ ref('orders') }} as orders
cross join {{ ref('stg_kith__attribution_rules') }} as rules
left join {{ ref('attribution') }} as attribution on orders.order_id = attribution.order_id
where
    orders.has_completion
    and not orders.is_cancelled
group by rules.attribution, orders.order_id
having count(distinct attribution.model) != 7
