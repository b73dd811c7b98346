-- One row per identifier that a profile holds or once held, with the build in which its profile last changed: the log that published
-- tables follow when people merge or part. An identifier that nobody holds any more has no profile.
{{ config(
    materialized=increment_kind(), unique_key=['identifier_type', 'identifier_value'], incremental_strategy='replace',
    on_schema_change='fail', present_when='true', post_hook="{{ note_build('identities') }}"
) }}

with

present as (
    select
        identifier_type,
        identifier_value,
        profile_id,
        joined_at
    from {{ ref('stg_kith__identifiers') }}
)

{% if is_incremental() -%}
select
    coalesce(present.identifier_type, held.identifier_type) as identifier_type,
    coalesce(present.identifier_value, held.identifier_value) as identifier_value,
    present.profile_id,
    present.joined_at,
    case
        when present.profile_id = held.profile_id then held.build_number
        else cast({{ next_build('identities') }} as bigint)
    end as build_number
from present
full outer join {{ this }} as held
    on
        present.identifier_value = held.identifier_value
        and present.identifier_type = held.identifier_type
where
    present.profile_id is distinct from held.profile_id
    or present.joined_at is distinct from held.joined_at
{%- else -%}
select
    identifier_type,
    identifier_value,
    profile_id,
    joined_at,
    cast({{ next_build('identities') }} as bigint) as build_number
from present
{%- endif %}
