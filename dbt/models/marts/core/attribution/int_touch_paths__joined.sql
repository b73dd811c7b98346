-- One row per path of channels that a person went: to an order, or to none. Touches that no order counts make paths to none,
-- a new one where more than the look-back lies between two of them.
with

abandoned as (
    select
        touches.profile_id,
        touches.touch_kind,
        touches.touch_id,
        touches.touched_at,
        touches.channel,
        rules.lookback_microseconds,
        {{ microseconds('touches.touched_at') }} - lag({{ microseconds('touches.touched_at') }}) over (
            partition by touches.profile_id
            order by touches.touched_at, touches.touch_kind, touches.touch_id
        ) as gap_microseconds
    from {{ ref('int_touches__collected') }} as touches
    cross join {{ ref('stg_kith__attribution_rules') }} as rules
    left join {{ ref('int_order_touches__numbered') }} as counted
        on
            touches.touch_kind = counted.touch_kind
            and touches.touch_id = counted.touch_id
    where counted.touch_id is null
),

divided as (
    select
        *,
        cast(sum(case when gap_microseconds <= lookback_microseconds then 0 else 1 end) over (
            partition by profile_id
            order by touched_at, touch_kind, touch_id
            rows unbounded preceding
        ) as bigint) as path_number
    from abandoned
),

numbered as (
    select
        *,
        row_number() over (partition by profile_id, path_number order by touched_at, touch_kind, touch_id) as touch_number
    from divided
),

paths as (
    select
        order_id,
        profile_id,
        cast(0 as bigint) as path_number,
        {{ joined_texts('channel', ' > ', 'touch_number') }} as path
    from {{ ref('int_order_touches__numbered') }}
    group by order_id, profile_id
    union all
    select
        cast(null as string) as order_id,
        profile_id,
        path_number,
        {{ joined_texts('channel', ' > ', 'touch_number') }} as path
    from numbered
    group by profile_id, path_number
)

select
    order_id,
    profile_id,
    path_number,
    md5(path) as path_id,
    path
from paths
