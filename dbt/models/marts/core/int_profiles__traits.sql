-- One row per profile that was ever identified: the value of each listed trait that counts now, in its type.
with

traits as (select * from {{ ref('profile_traits') }})

select
    profile_id,
    {%- for trait, rule in trait_rules().items() if not rule.get('type') %}
    max(case when trait = '{{ trait }}' and is_current then trait_value end) as {{ trait }},
    {%- endfor %}
    max(case when trait = 'birthday' and is_current then {{ day_of_text('trait_value') }} end) as birthday,
    -- Whoever says so: the first time counts.
    min(case when trait = 'created_at' then {{ instant_of_text('trait_value') }} end) as created_at
from traits
group by profile_id
