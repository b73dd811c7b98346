-- One row per profile whose devices told where they are: the locale and the time zone of most of its page views and identifications.
with

told as (
    select
        {{ joined_profile_id() }} as profile_id,
        people.locale,
        people.time_zone,
        people.event_count
    from {{ ref('int_people__placed') }} as people
    {{ join_profile('people') | indent(4) }}
),

{% for column in ['locale', 'time_zone'] %}
{{ column }}s as (
    select
        profile_id,
        {{ column }},
        row_number() over (partition by profile_id order by sum(event_count) desc, {{ column }} asc) as place
    from told
    where profile_id is not null and {{ column }} is not null
    group by profile_id, {{ column }}
),

{% endfor -%}

usual as (
    select
        profile_id,
        locale,
        cast(null as string) as time_zone
    from locales
    where place = 1
    union all
    select
        profile_id,
        cast(null as string) as locale,
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
