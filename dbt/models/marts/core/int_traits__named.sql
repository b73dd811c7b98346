-- One row per identify event and trait: what the event says of it under the name that profiles use, and whether its value is of the type
-- that the trait must have.
{#- Only an object is read as JSON: engines may look into a value before they have filtered it. -#}
{%- set object_text = "case when json_type = 'object' then trait_value end" %}
{%- set kept = ['event_id', 'user_id', 'anonymous_id', 'source', 'occurred_at', 'received_at', 'effective_at'] | join(', ') %}
with

told as (
    select * from {{ ref('int_traits__told') }}
    where trait_key is not null
),

keyed as (
    select
        told.*,
        coalesce(keys.trait, told.trait_key) as trait,
        coalesce(keys.key_rank, 1) as key_rank
    from told
    left join {{ trait_keys() }} as keys on told.trait_key = keys.trait_key
),

named as (
    select {{ kept }}, trait, trait_value, json_type, key_rank
    from keyed
    {%- for object, member, trait, rank in nested_trait_keys() %}
    union all
    select
        {{ kept }},
        {{ sql_text(trait) }} as trait,
        {{ json_member(object_text, member) }} as trait_value,
        'text' as json_type,
        {{ rank }} as key_rank
    from keyed
    where
        trait_key = {{ sql_text(object) }}
        and {{ json_member(object_text, member) }} is not null
    {%- endfor %}
),

written as (
    select
        {{ kept }},
        trait,
        case when trait in {{ traits_with('form', 'address') }} then lower(trim(trait_value)) else trim(trait_value) end as trait_value,
        json_type,
        row_number() over (
            partition by event_id, trait
            order by key_rank asc, trait_value asc
        ) as place
    from named
    where trim(trait_value) <> ''
)

select
    {{ kept }},
    trait,
    trait_value,
    json_type,
    case
        when trait in {{ traits_with('type', 'date') }} and {{ day_of_text('trait_value') }} is null then 'not_a_date'
        when trait in {{ traits_with('type', 'timestamp') }} and {{ instant_of_text('trait_value') }} is null then 'not_a_time'
    end as fault
from written
where place = 1
