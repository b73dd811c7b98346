-- One row per click out of a message, with the clicks beside it.
with

clicks as (
    select
        event_id,
        message_id,
        url,
        {{ microseconds('occurred_at') }} as occurred_us
    from {{ ref('int_message_answers__extracted') }}
    where
        status = 'clicked'
        and message_id is not null
),

neighbours as (
    select
        *,
        lag(occurred_us, 1) over (partition by message_id order by occurred_us, event_id) as lag_us,
        lag(occurred_us, 2) over (partition by message_id order by occurred_us, event_id) as lag_2_us,
        lag(url, 1) over (partition by message_id order by occurred_us, event_id) as lag_url,
        lead(occurred_us, 1) over (partition by message_id order by occurred_us, event_id) as lead_us,
        lead(occurred_us, 2) over (partition by message_id order by occurred_us, event_id) as lead_2_us,
        lead(url, 1) over (partition by message_id order by occurred_us, event_id) as lead_url
    from clicks
)

-- A burst is three clicks of one message within five seconds; a neighbour that is not there is far away.
select
    event_id,
    least(
        coalesce(occurred_us - lag_2_us, 9000000000),
        coalesce(lead_us - lag_us, 9000000000),
        coalesce(lead_2_us - occurred_us, 9000000000)
    ) <= 5000000 as is_in_burst,
    least(
        case when lag_url != url then occurred_us - lag_us else 9000000000 end,
        case when lead_url != url then lead_us - occurred_us else 9000000000 end
    ) as other_link_us
from neighbours
