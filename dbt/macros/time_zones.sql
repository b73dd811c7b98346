{#- Time zones as data: an instant's local time is found by joining the offset that was in force, never by an engine's own functions.

        select {{ local_date('orders.occurred_at') }} as ordered_on
        from orders
        {{ join_offset('orders.zone', 'orders.occurred_at') }}

    Back, from a local time to UTC, by `join_local_offset` and `utc_time`: a time that the clocks skip moves forward, one that they show
    twice is the first. The local time of an unknown zone is null. -#}

{% macro join_offset(zone, instant, alias='tz', offsets=none) -%}
    left join {{ offsets or ref('stg_kith__tz_offsets') }} as {{ alias }}
    on {{ zone }} = {{ alias }}.zone and {{ instant }} >= {{ alias }}.from_at and {{ instant }} < {{ alias }}.to_at
{%- endmacro %}

{% macro join_local_offset(zone, local, alias='tz', offsets=none) -%}
    left join {{ offsets or ref('stg_kith__tz_offsets') }} as {{ alias }}
    on {{ zone }} = {{ alias }}.zone and {{ local }} >= {{ alias }}.local_from_at and {{ local }} < {{ alias }}.local_to_at
{%- endmacro %}

{% macro local_time(instant, alias='tz') -%}
    {{ plus_seconds(instant, alias ~ '.offset_seconds') }}
{%- endmacro %}

{% macro local_date(instant, alias='tz') -%}
    cast({{ local_time(instant, alias) }} as date)
{%- endmacro %}

{% macro utc_time(local, alias='tz') -%}
    {{ plus_seconds(local, '-1 * ' ~ alias ~ '.offset_seconds') }}
{%- endmacro %}

{#- The offsets with the stretch of local time that each decides: at a change it ends on whichever clock is ahead. -#}
{% macro tz_offset_rows(relation) %}
with neighbours as (
    select
        zone,
        from_at,
        to_at,
        offset_seconds,
        lag(offset_seconds, 1, offset_seconds) over (partition by zone order by from_at) as earlier_offset,
        lead(offset_seconds, 1, offset_seconds) over (partition by zone order by from_at) as later_offset
    from {{ relation }}
)

select
    zone,
    from_at,
    to_at,
    offset_seconds,
    {{ plus_seconds('from_at', 'greatest(offset_seconds, earlier_offset)') }} as local_from_at,
    {{ plus_seconds('to_at', 'greatest(offset_seconds, later_offset)') }} as local_to_at
from neighbours
{% endmacro %}
