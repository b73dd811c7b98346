-- One row per campaign and channel: its audience by outcome, what the recipients did, and the lift over the holdout.
-- Lift is measured per campaign (both arms by person, see lake/measurement) and stands on each of its channels' rows.
{%- set outcomes = ['withheld'] + ledger_outcomes() + ['pending'] %}
{%- set answers = {
    'delivered': 'delivered_at', 'opened': 'first_opened_at', 'clicked': 'first_clicked_at', 'bounced': 'bounced_at',
    'complained': 'complained_at', 'unsubscribed': 'unsubscribed_at', 'converted': 'converted_at'
} %}

with

counts as (
    select
        campaign,
        channel,
        count(*) as audience_count,
        sum(case when is_holdout then 1 else 0 end) as holdout_count,
        {%- for outcome in outcomes %}
        sum(case when outcome = '{{ outcome }}' then 1 else 0 end) as {{ outcome }}_count,
        {%- endfor %}
        sum(case when is_uncertain then 1 else 0 end) as uncertain_count,
        {%- for answer, column in answers.items() %}
        sum(case when decision = 'send' and {{ column }} is not null then 1 else 0 end) as {{ answer }}_count,
        {%- endfor %}
        sum(case when decision = 'send' and is_goal_window_over then 1 else 0 end) as complete_message_count
    from {{ ref('messages') }}
    group by campaign, channel
),

conversion_lift as (
    select * from {{ ref('stg_kith__lift') }}
    where metric = 'conversion_rate'
),

revenue_lift as (
    select * from {{ ref('stg_kith__lift') }}
    where metric = 'revenue_per_person'
)

select
    counts.campaign,
    counts.channel,
    {%- for name in ['audience', 'holdout'] + outcomes + ['uncertain'] + answers.keys() | list %}
    cast(counts.{{ name }}_count as bigint) as {{ name }}_count,
    {%- endfor %}
    cast(coalesce(money.conversion_amount, 0) as decimal(18, 4)) as conversion_amount,
    cast(counts.complete_message_count as bigint) as complete_message_count,
    coalesce(revenue_lift.currency, money.currency) as currency,
    conversion_lift.treated_count,
    conversion_lift.holdout_count as holdout_arm_count,
    conversion_lift.complete_count,
    conversion_lift.window_days,
    conversion_lift.treated_mean as treated_conversion_rate,
    conversion_lift.holdout_mean as holdout_conversion_rate,
    conversion_lift.lift,
    conversion_lift.lift_lower,
    conversion_lift.lift_upper,
    conversion_lift.adjusted_lift,
    conversion_lift.adjusted_lift_lower,
    conversion_lift.adjusted_lift_upper,
    conversion_lift.variance_reduction,
    revenue_lift.treated_mean as revenue_per_treated,
    revenue_lift.holdout_mean as revenue_per_holdout,
    revenue_lift.lift as revenue_lift,
    revenue_lift.lift_lower as revenue_lift_lower,
    revenue_lift.lift_upper as revenue_lift_upper,
    revenue_lift.adjusted_lift as adjusted_revenue_lift,
    revenue_lift.adjusted_lift_lower as adjusted_revenue_lift_lower,
    revenue_lift.adjusted_lift_upper as adjusted_revenue_lift_upper,
    conversion_lift.srm_p_value
from counts
left join conversion_lift on counts.campaign = conversion_lift.campaign
left join revenue_lift on counts.campaign = revenue_lift.campaign
left join {{ ref('int_campaign_conversions__valued') }} as money
    on
        counts.campaign = money.campaign
        and counts.channel = money.channel
