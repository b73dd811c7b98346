-- One row per funnel with a breakdown and profile that entered it: the value to which it is counted.
-- A property of the act that began the best attempt, a column of the visit in which it began, or a column of the profile.
with

broken_down as (
    select distinct
        funnel,
        breakdown_kind,
        breakdown_column
    from {{ ref('stg_kith__funnel_steps') }}
    where breakdown_kind is not null
),

entered as (
    select
        attempts.funnel,
        attempts.profile_id,
        attempts.step_1,
        broken_down.breakdown_kind,
        broken_down.breakdown_column
    from {{ ref('int_funnel_attempts__chosen') }} as attempts
    inner join broken_down on attempts.funnel = broken_down.funnel
),

entrances as (
    select distinct
        funnel,
        matcher_id
    from {{ ref('stg_kith__funnel_steps') }}
    where
        step_number = 1
        or step_order = 'any'
),

properties as (
    select
        entered.funnel,
        entered.profile_id,
        min(done.told_text) as told_text
    from entered
    inner join entrances on entered.funnel = entrances.funnel
    inner join {{ ref('int_funnel_steps__done') }} as done
        on
            entrances.matcher_id = done.matcher_id
            and entered.profile_id = done.profile_id
            and entered.step_1 = done.acted_microseconds
    where entered.breakdown_kind = 'property'
    group by entered.funnel, entered.profile_id
),

visits as (
    select
        entered.funnel,
        entered.profile_id,
        max_by(
            case entered.breakdown_column
                when 'channel' then sessions.channel
                when 'channel_group' then sessions.channel_group
                when 'device' then sessions.device
            end,
            {{ event_order_key('sessions.started_at', 'sessions.session_id') }}
        ) as visit_text
    from entered
    inner join {{ ref('sessions') }} as sessions
        on
            entered.profile_id = sessions.profile_id
            and entered.step_1 >= {{ microseconds('sessions.started_at') }}
            and entered.step_1 - {{ microseconds('sessions.ended_at') }} <= {{ session_gap_microseconds() }}
    where entered.breakdown_kind = 'session'
    group by entered.funnel, entered.profile_id
)

select
    entered.funnel,
    entered.profile_id,
    coalesce(
        case
            when entered.breakdown_kind = 'property' then properties.told_text
            when entered.breakdown_kind = 'session' then visits.visit_text
            when entered.breakdown_column = 'country' then profiles.country
            when entered.breakdown_column = 'city' then profiles.city
            when entered.breakdown_column = 'locale' then profiles.locale
            when entered.breakdown_column = 'usual_device' then profiles.usual_device
            when entered.breakdown_column = 'favourite_category' then profiles.favourite_category
        end,
        '(none)'
    ) as breakdown_value
from entered
inner join {{ ref('profiles') }} as profiles on entered.profile_id = profiles.profile_id
left join properties
    on
        entered.funnel = properties.funnel
        and entered.profile_id = properties.profile_id
left join visits
    on
        entered.funnel = visits.funnel
        and entered.profile_id = visits.profile_id
