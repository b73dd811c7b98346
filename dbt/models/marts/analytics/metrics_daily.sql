-- One row per day, metric and currency (empty for what is no money), by the definitions of the metrics of the same names.
-- Told anew by each run: a late event, an answer to a message or a merge may change any day that ever was.
{%- set facts = {
    'sessions': {'on': 'started_at', 'metrics': {
        'sessions': 'sum(case when is_bot then 0 else 1 end)',
        'converted_sessions': 'sum(case when not is_bot and order_count > 0 then 1 else 0 end)',
        'page_views': 'sum(case when is_bot then 0 else page_count end)',
        'active_profiles': 'count(distinct case when not is_bot then profile_id end)',
        'bot_sessions': 'sum(case when is_bot then 1 else 0 end)',
    }},
    'profiles': {'on': 'first_seen_at', 'metrics': {
        'new_profiles': 'sum(case when is_bot then 0 else 1 end)',
        'identified_profiles': 'sum(case when not is_bot and coalesce(user_id, email) is not null then 1 else 0 end)',
    }},
    'first_orders': {'of': 'profiles', 'on': 'first_order_at', 'metrics': {
        'new_customers': 'count(*)',
        'repeat_customers': 'sum(case when order_count > 1 then 1 else 0 end)',
    }},
    'orders': {'on': 'ordered_at', 'metrics': {
        'placed_orders': 'sum(case when has_completion then 1 else 0 end)',
        'cancelled_orders': 'sum(case when has_completion and is_cancelled then 1 else 0 end)',
        'orders': 'sum(case when has_completion and not is_cancelled then 1 else 0 end)',
        'customers': 'count(distinct case when has_completion and not is_cancelled then profile_id end)',
    }},
    'payments': {'of': 'orders', 'on': 'ordered_at', 'currency': "coalesce(currency, '')", 'metrics': {
        'revenue': 'sum(case when has_completion and not is_cancelled then order_amount else 0 end)',
        'refunds': 'sum(case when has_completion and not is_cancelled then refunded_amount else 0 end)',
        'net_revenue': 'sum(net_amount)',
    }},
    'messages': {'on': 'decided_at', 'metrics': {
        'messages_planned': 'count(*)',
        'messages_withheld': "sum(case when outcome = 'withheld' then 1 else 0 end)",
        'messages_sent': "sum(case when outcome = 'accepted' then 1 else 0 end)",
    }},
} %}
{%- for answer, column in {
    'delivered': 'delivered_at', 'opened': 'first_opened_at', 'clicked': 'first_clicked_at', 'replied': 'replied_at',
    'bounced': 'bounced_at', 'complained': 'complained_at', 'unsubscribed': 'unsubscribed_at', 'converted': 'converted_at'
}.items() %}
{%- do facts['messages']['metrics'].update({
    'messages_' ~ answer: "sum(case when decision = 'send' and " ~ column ~ ' is not null then 1 else 0 end)'
}) %}
{%- endfor %}

with

{% for name, fact in facts.items() -%}
{{ name }}_by_day as (
    select
        cast({{ fact.on }} as date) as metric_on,
        {%- for metric, expression in fact.metrics.items() %}
        {{ expression }} as {{ metric }},
        {%- endfor %}
        {{ fact.currency or "''" }} as currency
    from {{ ref(fact.of or name) }}
    where {{ fact.on }} is not null
    group by cast({{ fact.on }} as date), {{ fact.currency or "''" }}
),

{% endfor -%}
metrics as (
    {%- for name, fact in facts.items() %}
    {%- set is_first = loop.first %}
    {%- for metric in fact.metrics %}
    {%- if not (is_first and loop.first) %}
    union all
    {%- endif %}
    select
        metric_on,
        '{{ metric }}' as metric,
        cast({{ metric }} as double) as metric_value,
        currency
    from {{ name }}_by_day
    {%- endfor %}
    {%- endfor %}
)

select
    metric_on,
    metric,
    metric_value,
    currency
from metrics
