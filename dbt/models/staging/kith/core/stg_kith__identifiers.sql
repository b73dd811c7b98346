-- One row per identifier and the profile that holds it: the base, and of what changed since the latest row.
with base as (
    select coalesce(max(base_commit), '') as base_commit
    from {{ lake_table(source('lake', 'resolutions')) }}
),

written as (
    select
        identifiers.identifier_type,
        identifiers.identifier_value,
        identifiers.profile_id,
        identifiers.first_received_at,
        identifiers.joined_at,
        identifiers.commit_name,
        identifiers.commit_name > base.base_commit as is_change
    from {{ lake_table(source('lake', 'identifiers')) }} as identifiers
    cross join base
    where identifiers.commit_name >= base.base_commit
),

ranked as (
    select
        *,
        row_number() over (partition by identifier_type, identifier_value order by commit_name desc) as recency
    from written
    where is_change
),

changes as (
    select *
    from ranked
    where recency = 1
)

select
    written.identifier_type,
    written.identifier_value,
    written.profile_id,
    written.first_received_at,
    written.joined_at
from written
left join changes
    on
        written.identifier_type = changes.identifier_type
        and written.identifier_value = changes.identifier_value
where
    not written.is_change
    and changes.identifier_value is null
union all
select
    identifier_type,
    identifier_value,
    profile_id,
    first_received_at,
    joined_at
from changes
