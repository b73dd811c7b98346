-- One row per pair of user id and anonymous id under which events came: how many, and from when to when.
-- A run adds what is new to what it holds, and takes off what lost to an earlier received copy. A pair that lost its first or last event
-- is counted anew.
{{ config(
    materialized=increment_kind(), unique_key='person_key', incremental_strategy='replace', on_schema_change='fail',
    present_when='event_count is not null', post_hook="{{ note_absorbed(['events']) }}"
) }}
{%- do follow(['int_events__landed']) %}
{%- set key = "coalesce(user_id, '') || chr(31) || coalesce(anonymous_id, '')" %}
{%- set counts %}
        min(occurred_at) as first_seen_at,
        max(case when {{ is_own_act() }} then occurred_at end) as last_acted_at,
        max(occurred_at) as last_seen_at,
        min(effective_at) as first_effective_at,
        cast(count(*) as bigint) as event_count
{%- endset %}

{% if is_incremental() %}
{%- set absorbed = absorbed_build('events') %}
with

news as (
    select
        {{ key }} as person_key,
        user_id,
        anonymous_id,
        event,
        occurred_at,
        effective_at,
        build_number,
        displaced_in
    from {{ ref('int_events__landed') }}
    where
        {{ is_news(absorbed) }}
        and (user_id is not null or anonymous_id is not null)
),

touched as (
    select
        news.person_key,
        max(news.user_id) as user_id,
        max(news.anonymous_id) as anonymous_id,
        sum(case when news.displaced_in is not null and news.build_number <= {{ absorbed }} then 1 else 0 end) as lost_count,
        max(
            case
                when news.displaced_in is null then 0
                when
                    news.occurred_at > held.first_seen_at
                    and news.occurred_at < held.last_seen_at
                    and news.effective_at > held.first_effective_at
                    and news.occurred_at is distinct from held.last_acted_at
                    then 0
                else 1
            end
        ) = 1 as is_revised
    from news
    left join {{ this }} as held on news.person_key = held.person_key
    group by news.person_key
),

parts as (
    select
        held.person_key,
        held.first_seen_at,
        held.last_acted_at,
        held.last_seen_at,
        held.first_effective_at,
        held.event_count - touched.lost_count as event_count
    from {{ this }} as held
    inner join touched on held.person_key = touched.person_key
    where not touched.is_revised
    union all
    select
        person_key,
        {{- counts }}
    from news
    where
        person_key in (
            select touched.person_key from touched
            where not touched.is_revised
        )
        and displaced_in is null
    group by person_key
    union all
    select
        {{ key }},
        {{- counts }}
    from {{ ref('int_events__deduplicated') }}
    where
        {{ key }} in (
            select touched.person_key from touched
            where touched.is_revised
        )
    group by {{ key }}
)

select
    touched.person_key,
    nullif(touched.user_id, '') as user_id,
    nullif(touched.anonymous_id, '') as anonymous_id,
    min(parts.first_seen_at) as first_seen_at,
    max(parts.last_acted_at) as last_acted_at,
    max(parts.last_seen_at) as last_seen_at,
    min(parts.first_effective_at) as first_effective_at,
    cast(sum(parts.event_count) as bigint) as event_count
from touched
left join parts on touched.person_key = parts.person_key
group by touched.person_key, touched.user_id, touched.anonymous_id

{% else %}
select
    {{ key }} as person_key,
    user_id,
    anonymous_id,
    {{- counts }}
from {{ ref('int_events__deduplicated') }}
where
    user_id is not null
    or anonymous_id is not null
group by user_id, anonymous_id
{% endif %}
