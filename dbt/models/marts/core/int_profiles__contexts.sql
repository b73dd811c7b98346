-- One row per profile whose devices told where they are: the locale and the time zone of most of its page views and identifications.
with

told as (
    select
        {{ joined_profile_id() }} as profile_id,
        nullif(trim({{ json_text('events.context', 'locale') }}), '') as locale,
        nullif(trim({{ json_text('events.context', 'timezone') }}), '') as time_zone
    from {{ ref('int_events__deduplicated') }} as events
    {{ join_profile('events') | indent(4) }}
    where
        events.type in ('page', 'screen', 'identify')
        and events.context is not null
),

{% for column in ['locale', 'time_zone'] %}
{{ column }}s as (
    select
        profile_id,
        {{ column }},
        row_number() over (partition by profile_id order by count(*) desc, {{ column }} asc) as place
    from told
    where profile_id is not null and {{ column }} is not null
    group by profile_id, {{ column }}
),

{% endfor -%}

usual as (
    select
        profile_id,
        locale,
        null as time_zone
    from locales
    where place = 1
    union all
    select
        profile_id,
        null as locale,
        time_zone
    from time_zones
    where place = 1
)

select
    profile_id,
    max(locale) as locale,
    max(time_zone) as time_zone
from usual
group by profile_id
