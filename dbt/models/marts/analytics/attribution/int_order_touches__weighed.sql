-- One row per order that counts and touch: its weight under each model. An order without a touch has one row, touch 0, of 'direct/none'.
-- Markov and Shapley share an order among its channels as reckoned from all paths, and a channel's share evenly among its touches.
{%- set reckoned = ['markov', 'shapley'] %}

with

rules as (select * from {{ ref('stg_kith__attribution_rules') }}),

orders as (
    select
        orders.order_id,
        orders.ordered_at,
        orders.net_amount,
        orders.currency
    from {{ ref('orders') }} as orders
    inner join rules on orders.order_id is not null
    where
        orders.has_completion
        and not orders.is_cancelled
),

paths as (
    select
        order_id,
        path_id
    from {{ ref('int_touch_paths__joined') }}
    where order_id is not null
),

channels as (
    select
        order_id,
        count(distinct channel) as channel_count
    from {{ ref('int_order_touches__numbered') }}
    group by order_id
),

credits as (
    select
        path_id,
        channel,
        {%- for model in reckoned %}
        max(case when model = '{{ model }}' then credit end) as {{ model }},
        {%- endfor %}
        count(*) as model_count
    from {{ ref('stg_kith__path_credits') }}
    group by path_id, channel
),

weighed as (
    select
        touches.*,
        -- A path that came up after the last reckoning is shared evenly among its channels.
        {%- for model in reckoned %}
        coalesce(credits.{{ model }}, cast(1 as double) / channels.channel_count) / touches.channel_touch_count as {{ model }},
        {%- endfor %}
        rules.first_share,
        rules.last_share,
        power(
            cast(0.5 as double),
            cast({{ microseconds('touches.ordered_at') }} - {{ microseconds('touches.touched_at') }} as double) / rules.half_life_microseconds
        ) as decayed
    from {{ ref('int_order_touches__numbered') }} as touches
    inner join paths on touches.order_id = paths.order_id
    inner join channels on touches.order_id = channels.order_id
    inner join rules on touches.order_id is not null
    left join credits
        on
            paths.path_id = credits.path_id
            and touches.channel = credits.channel
)

select
    orders.order_id,
    orders.ordered_at,
    orders.net_amount,
    orders.currency,
    coalesce(weighed.touch_number, 0) as touch_number,
    coalesce(weighed.touch_count, 0) as touch_count,
    weighed.touch_kind,
    weighed.touch_id,
    weighed.touched_at,
    coalesce(weighed.channel, 'direct/none') as channel,
    weighed.campaign,
    case when weighed.touch_number > 1 then 0 else 1 end as first_weight,
    case when weighed.touch_number < weighed.touch_count then 0 else 1 end as last_weight,
    1 as linear_weight,
    case
        when weighed.touch_number = 1 then weighed.first_share
        when weighed.touch_number = weighed.touch_count then weighed.last_share
        when weighed.touch_number is not null then round((1 - weighed.first_share - weighed.last_share) / (weighed.touch_count - 2), 12)
    end as position_weight,
    weighed.decayed as time_decay_weight,
    weighed.markov as markov_weight,
    weighed.shapley as shapley_weight
from orders
left join weighed on orders.order_id = weighed.order_id
