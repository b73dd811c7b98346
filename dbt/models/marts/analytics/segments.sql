-- One row per segment that was ever evaluated: its last version and size, whether it is in force, and why it is held.
with

evaluated as (
    select
        *,
        row_number() over (partition by segment order by as_of desc, commit_name desc) as evaluation_rank
    from {{ ref('stg_kith__segment_evaluations') }}
),

defined as (
    select
        *,
        row_number() over (partition by segment, version order by effective_at desc) as definition_rank
    from {{ ref('stg_kith__segment_definitions') }}
)

select
    evaluated.segment,
    evaluated.version,
    {{ json_text('defined.body', 'description') }} as description,
    case when substr(evaluated.segment, 1, 4) = 'seg_' or defined.segment is null then 'sql' else 'yaml' end as kind,
    cast(evaluated.member_count as bigint) as member_count,
    evaluated.as_of as evaluated_at,
    states.segment is not null as is_active,
    evaluated.held_reason is not null as is_held,
    evaluated.held_since,
    evaluated.held_reason,
    case when evaluated.held_reason is not null then cast(evaluated.found_count as bigint) end as held_count
from evaluated
left join {{ ref('stg_kith__segment_states') }} as states
    on evaluated.segment = states.segment
left join defined
    on
        evaluated.segment = defined.segment
        and evaluated.version = defined.version
        and defined.definition_rank = 1
where evaluated.evaluation_rank = 1
