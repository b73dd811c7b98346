-- One row per link of funnels, profile and instant at which all acts that end the link do an earlier step of the funnel too.
with

steps as (
    select distinct
        funnel,
        step_number,
        act_kind,
        matcher_id,
        link_id
    from {{ ref('stg_kith__funnel_steps') }}
),

repeated as (
    select distinct
        begins.link_id,
        ends.matcher_id as next_matcher_id,
        earlier.matcher_id as earlier_matcher_id
    from steps as begins
    inner join steps as ends
        on
            begins.funnel = ends.funnel
            and begins.step_number + 1 = ends.step_number
    inner join steps as earlier
        on
            begins.funnel = earlier.funnel
            and begins.step_number >= earlier.step_number
            and ends.act_kind = earlier.act_kind
    where begins.link_id is not null
),

ending_acts as (
    select
        repeated.link_id,
        ending.profile_id,
        ending.acted_microseconds,
        ending.act_id,
        max(case when earlier.act_id is null then 0 else 1 end) as is_repeat
    from repeated
    inner join {{ ref('int_funnel_acts__judged') }} as ending on repeated.next_matcher_id = ending.matcher_id
    left join {{ ref('int_funnel_acts__judged') }} as earlier
        on
            repeated.earlier_matcher_id = earlier.matcher_id
            and ending.act_id = earlier.act_id
    group by repeated.link_id, ending.profile_id, ending.acted_microseconds, ending.act_id
)

select
    link_id,
    profile_id,
    acted_microseconds
from ending_acts
group by link_id, profile_id, acted_microseconds
having min(is_repeat) = 1
