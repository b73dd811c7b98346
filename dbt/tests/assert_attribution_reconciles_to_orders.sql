-- In each model the credits of an order sum to one and its revenue to the order's net amount, to the last digit; every order that
-- counts is there, and no other.
{{ config(tags=['report']) }}

with

models as (
    select distinct model from {{ ref('attribution') }}
),

expected as (
    select
        orders.order_id,
        models.model,
        rules.attribution,
        orders.net_amount,
        orders.currency
    from {{ ref('orders') }} as orders
    cross join models
    cross join {{ ref('stg_kith__attribution_rules') }} as rules
    where
        orders.has_completion
        and not orders.is_cancelled
),

credited as (
    select
        order_id,
        model,
        sum(credit) as credit,
        sum(revenue_amount) as revenue_amount,
        min(coalesce(currency, '')) as least_currency,
        max(coalesce(currency, '')) as most_currency
    from {{ ref('attribution') }}
    group by order_id, model
)

select
    coalesce(expected.order_id, credited.order_id) as order_id,
    coalesce(expected.model, credited.model) as model,
    expected.net_amount,
    credited.revenue_amount,
    credited.credit
from expected
full outer join credited
    on
        expected.order_id = credited.order_id
        and expected.model = credited.model
where
    expected.order_id is null
    or credited.order_id is null
    or credited.credit != 1
    or credited.revenue_amount != expected.net_amount
    or credited.least_currency != coalesce(expected.currency, '')
    or credited.most_currency != coalesce(expected.currency, '')
