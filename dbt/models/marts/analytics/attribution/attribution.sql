-- One row per order, model and touch that earns something: its share of the order, and of the order's revenue.
-- Shares are cut to nine digits and money is rounded to four; what rounding leaves goes to the order's last touch, so that both sum exactly.
{%- set models = ['first', 'last', 'linear', 'position', 'time_decay', 'markov', 'shapley'] %}

with

weighed as (
    {%- for model in models %}
    {{- '\n    union all' if not loop.first }}
    select
        order_id,
        '{{ model }}' as model,
        touch_number,
        touch_count,
        touch_kind,
        touch_id,
        touched_at,
        channel,
        campaign,
        ordered_at,
        net_amount,
        currency,
        cast({{ model }}_weight as double) as weight
    from {{ ref('int_order_touches__weighed') }}
    {%- endfor %}
),

-- Where all touches weigh nothing (a position of 0%, a touch ages ago) they weigh the same.
summed as (
    select
        *,
        sum(weight) over (partition by order_id, model) as whole
    from weighed
),

shared as (
    select
        *,
        cast(
            floor(1000000000 * case when whole > 0 then weight / whole else cast(1 as double) / greatest(touch_count, 1) end)
            / 1000000000 as decimal(18, 9)
        ) as rounded_credit
    from summed
),

credited as (
    select
        *,
        cast(
            case
                when touch_number < touch_count then rounded_credit
                else 1 - (sum(rounded_credit) over (partition by order_id, model) - rounded_credit)
            end as decimal(18, 9)
        ) as credit
    from shared
),

valued as (
    select
        *,
        cast(net_amount * credit as decimal(18, 4)) as rounded_amount
    from credited
),

reconciled as (
    select
        *,
        cast(
            case
                when touch_number < touch_count then rounded_amount
                else net_amount - (sum(rounded_amount) over (partition by order_id, model) - rounded_amount)
            end as decimal(18, 4)
        ) as revenue_amount
    from valued
)

select
    order_id,
    model,
    cast(touch_number as bigint) as touch_number,
    cast(touch_count as bigint) as touch_count,
    touch_kind,
    touch_id,
    channel,
    campaign,
    credit,
    revenue_amount,
    currency,
    touched_at,
    ordered_at
from reconciled
where
    credit != 0
    or revenue_amount != 0
