-- One row per profile and computed attribute that has a value at the last evaluation. Whoever is left out has the attribute's default.
with

told as (
    select
        coalesce(aliases.profile_id, changes.profile_id) as profile_id,
        changes.attribute,
        changes.value_type,
        changes.value,
        changes.as_of,
        aliases.alias_id is null as is_present,
        row_number() over (
            partition by changes.attribute, changes.profile_id
            order by changes.commit_name desc
        ) as change_rank
    from {{ ref('stg_kith__attribute_values') }} as changes
    left join {{ ref('profile_aliases') }} as aliases on changes.profile_id = aliases.alias_id
),

latest as (
    select
        *,
        row_number() over (
            partition by attribute, profile_id
            order by case when is_present then 0 else 1 end asc, as_of desc, value asc
        ) as preference
    from told
    where change_rank = 1 and value is not null
)

select
    latest.profile_id,
    latest.attribute,
    evaluations.version,
    latest.value_type,
    latest.value,
    cast(case when latest.value_type in ('whole', 'amount') then latest.value end as decimal(28, 4)) as number_value,
    cast(case when latest.value_type = 'boolean' then latest.value end as boolean) as is_true,
    cast(case when latest.value_type = 'date' then latest.value end as date) as value_on,
    cast(case when latest.value_type = 'instant' then latest.value end as timestamp) as value_at,
    latest.as_of as since_at
from latest
inner join {{ ref('stg_kith__attribute_evaluations') }} as evaluations
    on
        latest.attribute = evaluations.attribute
        and latest.value_type = evaluations.value_type
where latest.preference = 1
