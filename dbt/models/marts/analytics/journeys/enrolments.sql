-- One row per enrolment, with the profile that its person is at present, and where and how it stands.
with entered as (
    select * from {{ ref('stg_kith__enrolments') }}
),

aliases as (
    select
        alias_id,
        max(profile_id) as profile_id
    from {{ ref('profile_aliases') }}
    group by alias_id
),

moves as (
    select * from {{ ref('stg_kith__journey_transitions') }}
),

last_moves as (
    select
        moves.enrolment_id,
        moves.journey_version,
        moves.to_node_id,
        moves.moved_at,
        moves.kind,
        moves.reason,
        row_number() over (partition by moves.enrolment_id order by moves.depth desc) as place
    from moves
)

select
    entered.enrolment_id,
    entered.journey,
    last_moves.journey_version,
    coalesce(aliases.profile_id, entered.enrolled_profile_id) as profile_id,
    entered.entry_key,
    entered.entered_at,
    entered.is_holdout,
    entered.segment,
    entered.trigger_event_id,
    entered.is_late,
    last_moves.to_node_id as node_id,
    last_moves.moved_at as node_entered_at,
    last_moves.kind = 'exited' as is_ended,
    last_moves.reason as ended_by
from entered
left join last_moves
    on
        entered.enrolment_id = last_moves.enrolment_id
        and last_moves.place = 1
left join aliases
    on entered.enrolled_profile_id = aliases.alias_id
