-- One row per anchor (the start of visits, or their end), depth and sequence of stops: how many visits went it. The hundred most frequent
-- of each anchor and depth, ties by the sequence; a visit with fewer stops than the depth counts at the depth that it has, and below.
{%- set depth = 5 %}

with

stops as (select * from {{ ref('int_session_stops__numbered') }}),

anchored as (
    select
        'start' as anchor,
        session_id,
        {%- for number in range(1, depth + 1) %}
        max(case when stop_number = {{ number }} then stop end) as stop_{{ number }},
        {%- endfor %}
        least(count(*), {{ depth }}) as depth
    from stops
    group by session_id
    union all
    -- From the end, stop 1 is the last of the visit.
    select
        'end' as anchor,
        session_id,
        {%- for number in range(1, depth + 1) %}
        max(case when stop_number_from_end = {{ number }} then stop end) as stop_{{ number }},
        {%- endfor %}
        least(count(*), {{ depth }}) as depth
    from stops
    group by session_id
),

visits as (
    select
        anchor,
        count(*) as anchor_session_count
    from anchored
    group by anchor
),

sequences as (
    {%- for length in range(1, depth + 1) %}
    {{- '\n    union all' if not loop.first }}
    select
        anchor,
        {{ length }} as path_depth,
        case anchor
            when 'start'
                then concat_ws(
                    ' > '
                    {%- for number in range(1, length + 1) %},
                    stop_{{ number }}
                    {%- endfor %}
                )
            else
                concat_ws(
                    ' > '
                    {%- for number in range(length, 0, -1) %},
                    stop_{{ number }}
                    {%- endfor %}
                )
        end as path,
        count(*) as session_count
    from anchored
    where depth >= {{ length }}
    group by 1, 2, 3
    {%- endfor %}
),

ranked as (
    select
        *,
        row_number() over (partition by anchor, path_depth order by session_count desc, path asc) as path_rank,
        sum(session_count) over (partition by anchor, path_depth) as depth_session_count
    from sequences
)

select
    ranked.anchor,
    cast(ranked.path_depth as bigint) as path_depth,
    cast(ranked.path_rank as bigint) as path_rank,
    ranked.path,
    cast(ranked.session_count as bigint) as session_count,
    {{ rate('ranked.session_count', 'ranked.depth_session_count') }} as share_of_depth,
    {{ rate('ranked.session_count', 'visits.anchor_session_count') }} as share_of_sessions
from ranked
inner join visits on ranked.anchor = visits.anchor
where ranked.path_rank <= 100
