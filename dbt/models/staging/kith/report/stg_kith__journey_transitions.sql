-- One row per move of an enrolment, its entry and its exit included.
select
    moves.journey,
    moves.journey_version,
    moves.enrolment_id,
    moves.profile_id,
    moves.node_id,
    moves.step_id,
    moves.label,
    moves.to_node_id,
    moves.kind,
    moves.at as moved_at,
    moves.depth,
    moves.reason,
    moves.is_late
from {{ lake_table(source('lake', 'transitions')) }} as moves
where moves.as_of <= (select run.as_of from {{ ref('stg_kith__runs') }} as run)
