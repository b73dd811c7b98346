-- One row per profile and cut-off: what was known of it just before the cut-off, and (columns ending in _label) what came after.
-- Cut-offs are as_of − 30 d × p for p = 0 … 12, from the first after the profile was first known. A feature knows only what took
-- effect before its cut-off; a label is null until its window is over.
{%- set sums = [] %}
{%- for name in counted_acts().keys() %}{% do sums.append(name ~ '_count') %}{% endfor %}
{%- set windowed = [
    'active_day_count', 'page_view_count', 'product_view_count', 'cart_add_count', 'message_open_count', 'message_click_count',
    'order_count', 'order_amount'
] %}
{%- set purchases = [
    'order_count', 'order_amount', 'valued_order_count', 'line_count', 'discounted_order_count', 'cancelled_order_count',
    'refunded_amount', 'gap_days', 'gap_days_squared'
] %}

with

run as (select as_of from {{ ref('stg_kith__runs') }}),

known as (
    select
        profile_id,
        max(period) as first_period
    from {{ ref('int_profile_acts__by_period') }}
    group by profile_id
),

-- Every period from the first on, with or without an act: windows then are plain frames of rows.
periods as (
    select
        known.profile_id,
        cast(series.number as bigint) as period
    from known
    inner join {{ numbers(oldest_period() + 1) }} as series
        on known.first_period >= series.number
),

filled as (
    select
        periods.profile_id,
        {%- for name in ['active_day_count', 'active_day_count_late'] + sums %}
        coalesce(acts.{{ name }}, 0) as {{ name }},
        {%- endfor %}
        {%- for name in sums if name in windowed %}
        coalesce(acts.{{ name }}_late, 0) as {{ name }}_late,
        {%- endfor %}
        {%- for name in purchases + ['order_count_late', 'order_amount_late'] %}
        coalesce(orders.{{ name }}, 0) as {{ name }},
        {%- endfor %}
        acts.first_act_at,
        acts.last_act_at,
        orders.first_order_at,
        orders.last_order_at,
        orders.longest_gap_days,
        periods.period
    from periods
    left join {{ ref('int_profile_acts__by_period') }} as acts
        on
            periods.profile_id = acts.profile_id
            and periods.period = acts.period
    left join {{ ref('int_profile_orders__by_period') }} as orders
        on
            periods.profile_id = orders.profile_id
            and periods.period = orders.period
),

windowed as (
    select
        profile_id,
        period,
        min(first_act_at) over so_far as first_act_at,
        max(last_act_at) over so_far as last_act_at,
        min(first_order_at) over so_far as first_order_at,
        max(last_order_at) over so_far as last_order_at,
        {%- for name in ['active_day_count'] + sums + purchases %}
        sum({{ name }}) over so_far as {{ name }},
        {%- endfor %}
        {%- for name in windowed %}
        {{ name }}_late as {{ name }}_7d,
        {{ name }} as {{ name }}_30d,
        sum({{ name }}) over last_three as {{ name }}_90d,
        {%- endfor %}
        message_sent_count as message_sent_count_30d,
        sum(message_sent_count) over last_three as message_sent_count_90d,
        {%- for name in ['order_count', 'order_amount'] %}
        lead({{ name }}, 1) over by_time as {{ name }}_next_30d,
        lead({{ name }}, 1) over by_time
        + lead({{ name }}, 2) over by_time
        + lead({{ name }}, 3) over by_time as {{ name }}_next_90d,
        {%- endfor %}
        max(longest_gap_days) over so_far as longest_gap_days
    from filled
    window
        by_time as (partition by profile_id order by period desc),
        so_far as (partition by profile_id order by period desc rows between unbounded preceding and current row),
        last_three as (partition by profile_id order by period desc rows between 2 preceding and current row)
),

cut as (
    select
        windowed.*,
        {{ microseconds_after('run.as_of', '-1 * windowed.period * ' ~ period_microseconds()) }} as cutoff_at
    from windowed
    cross join run
    where windowed.period <= {{ last_cutoff_period() }}
)

select
    profile_id,
    cutoff_at,
    {{ days_between('first_act_at', 'cutoff_at') }} as tenure_days,
    {{ days_between('last_act_at', 'cutoff_at') }} as days_since_last_act,
    {{ days_between('first_order_at', 'cutoff_at') }} as days_since_first_order,
    {{ days_between('last_order_at', 'cutoff_at') }} as days_since_last_order,
    {%- for name in sums + ['active_day_count', 'line_count', 'discounted_order_count', 'cancelled_order_count', 'order_count'] %}
    cast({{ name }} as bigint) as {{ name }},
    {%- endfor %}
    cast(order_amount as double) as order_amount,
    cast(refunded_amount as double) as refunded_amount,
    cast(order_amount as double) / nullif(valued_order_count, 0) as average_order_amount,
    {{ days_between('first_order_at', 'last_order_at') }} / nullif(order_count - 1, 0) as mean_gap_days,
    case
        when order_count > 2 then
            sqrt(greatest(gap_days_squared / (order_count - 1) - power(gap_days / (order_count - 1), 2), 0))
    end as gap_deviation_days,
    longest_gap_days,
    {%- for name in windowed %}
    {%- set kind = 'double' if name.endswith('amount') else 'bigint' %}
    cast({{ name }}_7d as {{ kind }}) as {{ name }}_7d,
    cast({{ name }}_30d as {{ kind }}) as {{ name }}_30d,
    cast({{ name }}_90d as {{ kind }}) as {{ name }}_90d,
    {%- endfor %}
    cast(message_sent_count_30d as bigint) as message_sent_count_30d,
    cast(message_sent_count_90d as bigint) as message_sent_count_90d,
    order_count_next_30d is not null as is_label_known,
    cast(order_count_next_30d as bigint) as orders_next_30d_label,
    cast(order_count_next_90d as bigint) as orders_next_90d_label,
    cast(order_amount_next_30d as double) as order_amount_next_30d_label,
    cast(order_amount_next_90d as double) as order_amount_next_90d_label
from cut
