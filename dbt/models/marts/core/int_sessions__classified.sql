-- One row per visit: the channel that it came by, the device that it was made on, and whether a machine made it.
with

told as (
    select
        *,
        lower(nullif(trim(campaign_source), '')) as tagged_source,
        lower(nullif(trim(campaign_medium), '')) as tagged_medium,
        lower(nullif(trim(campaign_name), '')) as tagged_campaign,
        case when referrer != '' then {{ host_of('referrer') }} end as referring_host,
        case when referrer != '' then {{ host_of('landing_url') }} end as own_host,
        coalesce(landing_url, '') like '%?%' as has_query
    from {{ ref('int_sessions__stitched') }}
),

-- The client's own tags, else those of the address; else an advertiser's click id; else the referrer, if it is another's.
read_out as (
    select
        *,
        coalesce(tagged_source, case when has_query then {{ query_parameter('landing_url', 'utm_source') }} end) as stated_source,
        coalesce(tagged_medium, case when has_query then {{ query_parameter('landing_url', 'utm_medium') }} end) as stated_medium,
        coalesce(tagged_campaign, case when has_query then {{ query_parameter('landing_url', 'utm_campaign') }} end, '') as campaign,
        case when has_query then {{ click_id_says('landing_url', 'source') }} end as clicked_source,
        case when has_query then {{ click_id_says('landing_url', 'medium') }} end as clicked_medium,
        case when referring_host = own_host then null else referring_host end as referring_site
    from told
),

sourced as (
    select
        *,
        stated_source is not null or stated_medium is not null as is_stated,
        coalesce(stated_medium, clicked_medium, '') as given_medium,
        case
            when stated_source is not null or stated_medium is not null then coalesce(stated_source, clicked_source, '(not set)')
            else coalesce(clicked_source, referring_site, '(direct)')
        end as source
    from read_out
),

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
