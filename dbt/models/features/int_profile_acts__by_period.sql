-- One row per profile and 30-day period before the run's as_of: what the profile did in it, by effective time.
with

run as (select as_of from {{ ref('stg_kith__runs') }}),

feedback as (
    select
        event_id,
        status,
        is_machine
    from {{ ref('int_message_feedback__classified') }}
),

acts as (
    select
        {{ joined_profile_id() }} as profile_id,
        events.type,
        events.event,
        feedback.status,
        feedback.is_machine,
        events.effective_at,
        cast(events.effective_at as date) as effective_on,
        {{ is_own_act() | replace('event', 'events.event') }} as is_own,
        {{ period_of('events.effective_at') }} as period,
        {{ is_last_week('events.effective_at') }} as is_late
    from {{ ref('int_events__deduplicated') }} as events
    cross join run
    left join feedback on events.event_id = feedback.event_id
    {{ join_profile('events') | indent(4) }}
)

select
    profile_id,
    period,
    {%- for name, condition in counted_acts().items() %}
    sum(case when {{ condition }} then 1 else 0 end) as {{ name }}_count,
    sum(case when {{ condition }} and is_late then 1 else 0 end) as {{ name }}_count_late,
    {%- endfor %}
    count(distinct case when is_own then effective_on end) as active_day_count,
    count(distinct case when is_own and is_late then effective_on end) as active_day_count_late,
    min(effective_at) as first_act_at,
    max(case when is_own then effective_at end) as last_act_at
from acts
where profile_id is not null
group by profile_id, period
