-- Audience = sum of outcomes, for every campaign and channel, and nobody of the outbox is missing.
{{ config(tags=['report']) }}

with

planned as (
    select
        campaign,
        channel,
        count(*) as planned_count
    from {{ ref('stg_kith__planned_messages') }}
    group by campaign, channel
)

select
    planned.campaign,
    planned.channel,
    planned.planned_count,
    performance.audience_count
from planned
left join {{ ref('campaign_performance') }} as performance
    on
        planned.campaign = performance.campaign
        and planned.channel = performance.channel
where
    performance.audience_count is null
    or planned.planned_count != performance.audience_count
    or performance.audience_count != (
        performance.withheld_count + performance.suppressed_count + performance.expired_count + performance.accepted_count
        + performance.rejected_count + performance.failed_count + performance.unknown_count + performance.pending_count
    )
