-- The lake states one lift per campaign and metric, so that joining it multiplies no campaign.
{{ config(tags=['report']) }}

select
    campaign,
    metric,
    count(*) as row_count
from {{ ref('stg_kith__lift') }}
group by campaign, metric
having count(*) > 1
