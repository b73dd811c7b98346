-- One row per day, metric and currency (empty for what is no money). Days are of the time at which things happened; bots are left out.
with

visits as (
    select
        cast(started_at as date) as metric_on,
        count(*) as session_count,
        count(distinct profile_id) as visitor_count
    from {{ ref('sessions') }}
    where not is_bot
    group by 1
),

newcomers as (
    select
        cast(first_seen_at as date) as metric_on,
        count(*) as new_profile_count
    from {{ ref('profiles') }}
    where
        first_seen_at is not null
        and not is_bot
    group by 1
),

purchases as (
    select
        cast(ordered_at as date) as metric_on,
        coalesce(currency, '') as currency,
        sum(case when has_completion and not is_cancelled then 1 else 0 end) as order_count,
        sum(net_amount) as net_amount
    from {{ ref('orders') }}
    group by 1, 2
),

answers as (
    select
        {%- for status in feedback_statuses().values() | unique %}
        sum(case when status = '{{ status }}' then 1 else 0 end) as {{ status }}_count,
        {%- endfor %}
        cast(occurred_at as date) as metric_on
    from {{ ref('int_message_feedback__classified') }}
    where not is_machine
    group by cast(occurred_at as date)
),

planned as (
    select
        cast(decided_at as date) as metric_on,
        count(*) as message_count,
        sum(case when outcome = 'accepted' then 1 else 0 end) as accepted_count,
        sum(case when outcome = 'withheld' then 1 else 0 end) as withheld_count
    from {{ ref('messages') }}
    group by 1
),

metrics as (
    select
        metric_on,
        'sessions' as metric,
        session_count as metric_value,
        '' as currency
    from visits
    union all
    select
        metric_on,
        'visitors',
        visitor_count,
        ''
    from visits
    union all
    select
        metric_on,
        'new_profiles',
        new_profile_count,
        ''
    from newcomers
    union all
    select
        metric_on,
        'orders',
        sum(order_count),
        ''
    from purchases
    group by metric_on
    union all
    select
        metric_on,
        'revenue',
        net_amount,
        currency
    from purchases
    {%- for status in feedback_statuses().values() | unique %}
    union all
    select
        metric_on,
        'messages_{{ status }}',
        {{ status }}_count,
        ''
    from answers
    {%- endfor %}
    {%- for name, column in {'planned': 'message', 'accepted': 'accepted', 'withheld': 'withheld'}.items() %}
    union all
    select
        metric_on,
        'messages_{{ name }}',
        {{ column }}_count,
        ''
    from planned
    {%- endfor %}
)

select
    metric_on,
    metric,
    cast(metric_value as double) as metric_value,
    currency
from metrics
