-- One row per text of properties with which a product was shown or put in a cart: when it was first and last met.
-- An event that lost to an earlier received copy matters only where it was the first or the last: only such texts are gone through anew.
-- A product page says the same to everyone: parsing each text once costs a tenth of parsing each event.
{{ config(
    materialized=increment_kind(), unique_key='properties', incremental_strategy='replace', on_schema_change='fail',
    present_when='first_seen_at is not null', post_hook="{{ note_absorbed(['events']) }}"
) }}
{%- do follow(['int_events__landed']) %}
{%- set is_page %}event in ('Product Viewed', 'Product Clicked', 'Product Added') and properties is not null{% endset %}

{% if is_incremental() %}
with

news as (
    select
        properties,
        occurred_at,
        displaced_in
    from {{ ref('int_events__landed') }}
    where
        {{ is_news(absorbed_build('events')) }}
        and {{ is_page }}
),

touched as (
    select
        news.properties,
        min(case when news.displaced_in is null then news.occurred_at end) as first_seen_at,
        max(case when news.displaced_in is null then news.occurred_at end) as last_seen_at,
        max(
            case
                when news.displaced_in is null then 0
                when news.occurred_at > held.first_seen_at and news.occurred_at < held.last_seen_at then 0
                else 1
            end
        ) = 1 as is_revised
    from news
    left join {{ this }} as held on news.properties = held.properties
    group by news.properties
),

parts as (
    select
        properties,
        first_seen_at,
        last_seen_at
    from touched
    where not is_revised
    union all
    select
        properties,
        first_seen_at,
        last_seen_at
    from {{ this }}
    where
        properties in (
            select touched.properties from touched
            where not touched.is_revised
        )
    union all
    select
        properties,
        occurred_at as first_seen_at,
        occurred_at as last_seen_at
    from {{ ref('int_events__deduplicated') }}
    where
        {{ is_page }}
        and properties in (
            select touched.properties from touched
            where touched.is_revised
        )
)

select
    touched.properties,
    min(parts.first_seen_at) as first_seen_at,
    max(parts.last_seen_at) as last_seen_at
from touched
left join parts on touched.properties = parts.properties
group by touched.properties

{% else %}
select
    properties,
    min(occurred_at) as first_seen_at,
    max(occurred_at) as last_seen_at
from {{ ref('int_events__deduplicated') }}
where {{ is_page }}
group by properties
{% endif %}
