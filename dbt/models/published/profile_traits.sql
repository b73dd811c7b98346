-- One row per profile, trait and telling that changed something: what it was, whose word, from when to when.
-- Of the sources of one priority the latest speaks; over all, the one of the least priority that ever spoke.
{{ config(materialized='table') }}
{%- set order = "partition by profile_id, trait, priority order by effective_at asc, event_id asc" %}
with

owned as (
    select
        {{ joined_profile_id() }} as profile_id,
        traits.event_id,
        coalesce(traits.source, '') as source,
        traits.trait,
        traits.trait_value,
        traits.json_type,
        traits.received_at,
        traits.effective_at,
        {{ trait_priority('traits.trait', 'traits.source') }} as priority
    from {{ ref('int_traits__named') }} as traits
    {{ join_profile('traits') | indent(4) }}
    where traits.fault is null
),

compared as (
    select
        *,
        lag(trait_value) over ({{ order }}) as earlier_value,
        lag(source) over ({{ order }}) as earlier_source,
        lag(json_type) over ({{ order }}) as earlier_type
    from owned
    where profile_id is not null
),

changed as (
    select *
    from compared
    where
        earlier_value is null
        or earlier_value <> trait_value
        or earlier_source <> source
        or earlier_type <> json_type
),

bounded as (
    select
        *,
        lead(effective_at) over ({{ order }}) as valid_to,
        min(priority) over (partition by profile_id, trait) as best_priority
    from changed
)

select
    profile_id,
    trait,
    source,
    event_id,
    trait_value,
    json_type,
    coalesce(earlier_type <> json_type, false) as has_changed_type,
    priority,
    effective_at as valid_from,
    valid_to,
    received_at as known_at,
    valid_to is null and priority = best_priority as is_current
from bounded
