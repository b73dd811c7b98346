-- One row per basket (the steps of a funnel without an order, shared by all funnels that ask for the same), profile and instant at which
-- one of them was done: when each of them was next done from there on.
{%- set last = most_funnel_steps() %}

with

steps as (
    select distinct
        basket_id,
        basket_place,
        matcher_id
    from {{ ref('stg_kith__funnel_steps') }}
    where basket_id is not null
),

done as (
    select
        {%- for number in range(1, last + 1) %}
        min(case when steps.basket_place = {{ number }} then done.acted_microseconds end) as done_{{ number }},
        {%- endfor %}
        steps.basket_id,
        done.profile_id,
        done.acted_microseconds
    from {{ ref('int_funnel_steps__done') }} as done
    inner join steps on done.matcher_id = steps.matcher_id
    group by steps.basket_id, done.profile_id, done.acted_microseconds
)

select
    {%- for number in range(1, last + 1) %}
    min(done_{{ number }}) over (
        partition by basket_id, profile_id
        order by acted_microseconds
        rows between current row and unbounded following
    ) as next_{{ number }},
    {%- endfor %}
    basket_id,
    profile_id,
    acted_microseconds
from done
