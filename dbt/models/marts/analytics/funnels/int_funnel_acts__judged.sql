-- One row per matcher of funnels and act that meets its conditions. All funnels are served by one scan of the acts: steps that
-- ask for the same share a matcher, and conditions are rows.
with

conditions as (
    select distinct
        matcher_id,
        act_kind,
        condition_count,
        condition_number,
        field,
        field_part,
        operator,
        operand_text,
        operand_number
    from {{ ref('stg_kith__funnel_steps') }}
),

compared as (
    select
        conditions.*,
        acts.act_id,
        acts.profile_id,
        acts.acted_microseconds,
        {{ json_field_at('acts.properties', 'conditions.field', 'conditions.field_part') }} as found_text
    from {{ ref('int_funnel_acts__gathered') }} as acts
    inner join conditions on acts.act_kind = conditions.act_kind
    where conditions.operator is not null
),

judged as (
    select
        matcher_id,
        act_id,
        profile_id,
        acted_microseconds,
        condition_count,
        condition_number,
        max(case when operator = 'tell' then found_text end) as told_text,
        max(case when operator != 'tell' and {{ meets_condition() }} then 1 else 0 end) as is_met
    from compared
    group by matcher_id, act_id, profile_id, acted_microseconds, condition_count, condition_number
)

select
    matcher_id,
    act_id,
    profile_id,
    acted_microseconds,
    max(told_text) as told_text
from judged
group by matcher_id, act_id, profile_id, acted_microseconds, condition_count
having sum(is_met) = condition_count
union all
select
    conditions.matcher_id,
    acts.act_id,
    acts.profile_id,
    acts.acted_microseconds,
    cast(null as string) as told_text
from {{ ref('int_funnel_acts__gathered') }} as acts
inner join conditions on acts.act_kind = conditions.act_kind
where conditions.operator is null
