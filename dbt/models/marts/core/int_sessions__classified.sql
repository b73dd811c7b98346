-- One row per visit: the channel that it came by, the device that it was made on, and whether a machine made it.
with

told as (
    select
        *,
        lower(nullif(trim(campaign_source), '')) as tagged_source,
        lower(nullif(trim(campaign_medium), '')) as tagged_medium,
        lower(nullif(trim(campaign_name), '')) as tagged_campaign,
        {{ host_of('referrer') }} as referring_host,
        {{ host_of('landing_url') }} as own_host,
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
        case
            when stated_source is not null or stated_medium is not null then coalesce(stated_source, clicked_source, '(not set)')
            else coalesce(clicked_source, referring_site, '(direct)')
        end as source
    from read_out
),

-- Each source is looked up once: patterns are the dear part.
sites as (
    select
        source,
        {{ site_kind('source') }} as site_kind
    from (select distinct source from sourced) as sources
),

placed as (
    select
        sourced.*,
        sites.site_kind
    from sourced
    inner join sites on sourced.source = sites.source
),

mediated as (
    select
        *,
        case
            when is_stated then coalesce(stated_medium, clicked_medium, '')
            when clicked_medium is not null then clicked_medium
            when source = '(direct)' then '(none)'
            when site_kind = 'search' then 'organic'
            when site_kind = 'mail' then 'email'
            when site_kind = 'ads' then 'cpm'
            else 'referral'
        end as medium
    from placed
),

grouped as (
    select
        *,
        {{ channel_group('source', 'medium', 'campaign', 'site_kind') }} as channel_group
    from mediated
)

select
    grouped.session_id,
    {{ channel_key('grouped.channel_group') }} as channel,
    grouped.channel_group,
    grouped.source as channel_source,
    grouped.medium as channel_medium,
    nullif(grouped.campaign, '') as campaign,
    case
        when agents.device = 'bot' then 'bot'
        else coalesce({{ device_told('grouped.device_type') }}, agents.device)
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
from grouped
inner join {{ ref('int_sessions__observed') }} as observed on grouped.session_id = observed.session_id
inner join {{ ref('int_visitors__judged') }} as visitors on grouped.visitor_id = visitors.visitor_id
left join {{ ref('int_user_agents__classified') }} as agents on grouped.user_agent = agents.user_agent
