-- One row per thing that may be wrong with what landed: how often it is, all sources together. What never happened counts zero.
with

known as (
    {%- for name, each in bad_input().items() %}
    select
        '{{ name }}' as check_name,
        '{{ each.fate }}' as fate,
        '{{ each.severity }}' as severity
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

found as (
    select
        fault as check_name,
        count(*) as observed_count
    from {{ ref('int_order_events__faults') }}
    group by fault
    union all
    select
        fault,
        count(*)
    from {{ ref('int_order_event_lines__faults') }}
    group by fault
    union all
    select
        'time_before_1990',
        sum(case when occurred_at < timestamp '1990-01-01 00:00:00' then 1 else 0 end)
    from {{ ref('int_events__deduplicated') }}
    union all
    select
        'time_after_arrival',
        sum(case when {{ microseconds('occurred_at') }} - {{ microseconds('received_at') }} > 86400000000 then 1 else 0 end)
    from {{ ref('int_events__deduplicated') }}
    union all
    select
        'identifier_too_long',
        sum(case when length(user_id) > 255 or length(anonymous_id) > 255 then 1 else 0 end)
    from {{ ref('int_events__deduplicated') }}
    union all
    select
        'identifier_rejected',
        sum(row_count)
    from {{ ref('stg_kith__rejected_identifiers') }}
    union all
    select
        'trait_of_wrong_type',
        count(*)
    from {{ ref('int_traits__set_aside') }}
    union all
    select
        'identifiers_kept_apart',
        count(*)
    from {{ ref('stg_kith__conflicts') }}
)

select
    known.check_name,
    known.fate,
    known.severity,
    cast(coalesce(sum(found.observed_count), 0) as bigint) as observed_count
from known
left join found on known.check_name = found.check_name
group by known.check_name, known.fate, known.severity
