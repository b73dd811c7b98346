-- One row per visit: the channel that it came by, the device that it was made on, and whether a machine made it.
with

sourced as (select * from {{ ref('int_sessions__sourced') }}),

-- Patterns are the dear part: each origin is judged once, however many visits it sent.
origins as (
    select
        *,
        {{ site_kind('source') }} as site_kind
    from (
        select distinct
            source,
            is_stated,
            given_medium,
            campaign
        from sourced
    ) as told_origins
),

mediated as (
    select
        *,
        case
            when is_stated or given_medium != '' then given_medium
            when source = '(direct)' then '(none)'
            when site_kind = 'search' then 'organic'
            when site_kind = 'mail' then 'email'
            when site_kind = 'ads' then 'cpm'
            else 'referral'
        end as medium
    from origins
),

judged as (
    select
        *,
        {{ channel_group('source', 'medium', 'campaign', 'site_kind') }} as channel_group
    from mediated
),

grouped as (
    select
        *,
        {{ channel_key('channel_group') }} as channel
    from judged
)

select
    sourced.session_id,
    grouped.channel,
    grouped.channel_group,
    grouped.source as channel_source,
    grouped.medium as channel_medium,
    nullif(grouped.campaign, '') as campaign,
    case
        when agents.device = 'bot' then 'bot'
        else coalesce({{ device_told('sourced.device_type') }}, agents.device)
    end as device,
    agents.os,
    agents.browser,
    observed.machine_points >= {{ machine_points() }} or visitors.is_bot as is_bot,
    case
        when observed.machine_points >= {{ machine_points() }} then observed.heaviest_sign
        when visitors.is_bot then 'visitor_' || visitors.bot_reason
    end as bot_reason,
    cast(least(observed.machine_points, 100) as double) / 100 as bot_score,
    visitors.rules_version
from sourced
inner join grouped
    on
        sourced.source = grouped.source
        and sourced.is_stated = grouped.is_stated
        and sourced.given_medium = grouped.given_medium
        and sourced.campaign = grouped.campaign
inner join {{ ref('int_sessions__observed') }} as observed on sourced.session_id = observed.session_id
inner join {{ ref('int_visitors__judged') }} as visitors on sourced.visitor_id = visitors.visitor_id
left join {{ ref('int_user_agents__classified') }} as agents on sourced.user_agent = agents.user_agent
