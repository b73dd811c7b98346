-- One row per visit: the source, medium and campaign that it came by, as far as something said so.
{{ config(materialized='view') }}

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
)

select
    *,
    stated_source is not null or stated_medium is not null as is_stated,
    coalesce(stated_medium, clicked_medium, '') as given_medium,
    case
        when stated_source is not null or stated_medium is not null then coalesce(stated_source, clicked_source, '(not set)')
        else coalesce(clicked_source, referring_site, '(direct)')
    end as source
from read_out
