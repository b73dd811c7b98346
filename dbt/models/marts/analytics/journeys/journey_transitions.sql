-- One row per move of an enrolment: which step was left when, by which way, and where to.
select
    journey,
    journey_version,
    enrolment_id,
    profile_id,
    node_id,
    step_id,
    label,
    to_node_id,
    kind,
    moved_at as {{ named('at') }},
    depth,
    reason,
    is_late
from {{ ref('stg_kith__journey_transitions') }}
