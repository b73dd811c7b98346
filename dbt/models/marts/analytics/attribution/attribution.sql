-- One row per order, model and touch that earns something: its share of the order, and of the order's revenue.
-- Shares are cut to nine digits (rounded to twelve first: a sum's last bit depends on its order), money is rounded to four; what rounding
-- leaves goes to the order's last touch, so that both sum exactly.
{%- set models = ['first', 'last', 'linear', 'position', 'time_decay', 'markov', 'shapley'] %}

with

-- Where all touches weigh nothing (a position of 0%, a touch ages ago) they weigh the same.
summed as (
    select
        *,
        {%- for model in models %}
        sum(cast({{ model }}_weight as double)) over (partition by order_id) as {{ model }}_whole,
        {%- endfor %}
        cast(1 as double) / greatest(touch_count, 1) as even_share
    from {{ ref('int_order_touches__weighed') }}
),

shared as (
    select
        *,
        {%- for model in models %}
        cast(
            floor(round(1000000000 * case when {{ model }}_whole > 0 then {{ model }}_weight / {{ model }}_whole else even_share end, 3))
            / 1000000000 as decimal(18, 9)
        ) as {{ model }}_share,
        {%- endfor %}
        touch_number = touch_count as is_last
    from summed
),

credited as (
    select
        *,
        {%- for model in models %}
        cast(
            {{ model }}_share + case when is_last then 1 - sum({{ model }}_share) over (partition by order_id) else 0 end
            as decimal(18, 9)
        ) as {{ model }}_credit,
        {%- endfor %}
        net_amount as whole_amount
    from shared
),

valued as (
    select
        *,
        {%- for model in models %}
        cast(net_amount * {{ model }}_credit as decimal(18, 4)) as {{ model }}_value,
        {%- endfor %}
        is_last as takes_the_rest
    from credited
),

reconciled as (
    select
        *,
        {%- for model in models %}
        cast(
            {{ model }}_value
            + case when takes_the_rest then whole_amount - sum({{ model }}_value) over (partition by order_id) else 0 end
            as decimal(18, 4)
        ) as {{ model }}_amount,
        {%- endfor %}
        cast(touch_number as bigint) as place
    from valued
)

{% for model in models %}
{{- '\nunion all\n' if not loop.first -}}
select
    order_id,
    '{{ model }}' as model,
    place as touch_number,
    cast(touch_count as bigint) as touch_count,
    touch_kind,
    touch_id,
    channel,
    campaign,
    {{ model }}_credit as credit,
    {{ model }}_amount as revenue_amount,
    currency,
    touched_at,
    ordered_at
from reconciled
where
    {{ model }}_credit != 0
    or {{ model }}_amount != 0
{%- endfor %}
