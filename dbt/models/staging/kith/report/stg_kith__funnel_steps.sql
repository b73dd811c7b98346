-- One row per present funnel, step, condition and operand.
select
    funnel,
    version,
    step_order,
    attempts,
    window_microseconds,
    period_microseconds,
    step_count,
    has_repeated_acts,
    breakdown_kind,
    breakdown_column,
    step_number,
    step,
    act_kind,
    matcher_id,
    condition_count,
    condition_number,
    field,
    field_part,
    operator,
    operand_text,
    operand_number
from {{ lake_table(source('lake', 'funnel_steps')) }}
