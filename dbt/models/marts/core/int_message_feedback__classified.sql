-- One row per event in which a channel or a recipient answered a message; opens and clicks of machines are marked, with the reason.
with

judged as (
    select
        *,
        case
            when status in ('opened', 'clicked') then {{ sign_points(answer_signs()) | indent(12) }}
            else 0
        end as machine_points
    from {{ ref('int_message_answers__observed') }}
)

select
    event_id,
    user_id,
    anonymous_id,
    status,
    message_id,
    campaign,
    bounce_type,
    occurred_at,
    effective_at,
    machine_points >= {{ machine_points() }} as is_machine,
    case
        when machine_points >= {{ machine_points() }} then {{ heaviest_sign(answer_signs()) | indent(8) }}
    end as machine_reason,
    cast(least(machine_points, 100) as double) / 100 as machine_score,
    '{{ machine_rules_version() }}' as rules_version
from judged
