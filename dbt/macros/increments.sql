{#- How runs add up to a full refresh. `int_events__landed` is the log: it numbers its builds, and keeps each version of an event that was
    once the first received, with the build that wrote it and the build that displaced it. An incremental model remembers up to which
    build it has absorbed the log (table `kith_builds`), works out which of its keys anything newer touches, and replaces all rows of those
    keys. Nothing is assumed of the order of landing: a touched key is worked out anew from all that is known of it. -#}

{#- Raise it when a macro changes what an incremental model means; a model's own text counts by its checksum. Models of another layout
    are built anew by the next run. -#}
{% macro increment_layout(checksum) -%}
    {{- return('1:' ~ checksum) -}}
{%- endmacro %}

{% macro builds() -%}
    {{- return(api.Relation.create(database=target.database, schema=target.schema, identifier='kith_builds')) -}}
{%- endmacro %}

{#- At the start of a run: incremental models of another layout, or older than a full refresh of their log, are dropped. -#}
{% macro begin_builds() -%}
    {%- if not execute or flags.WHICH not in ('build', 'run') or increment_kind() != 'incremental' -%}
        {{- return('') -}}
    {%- endif -%}
    {%- do run_query('create table if not exists ' ~ builds() ~ ' (model varchar, log varchar, build_number bigint, layout varchar)') -%}
    {%- set sql -%}
        select
            models.model || ' ' || models.layout as fresh
        from {{ builds() }} as models
        inner join (
            select log, max(case when model = 'full' then build_number end) as full_number
            from {{ builds() }}
            group by log
        ) as logs on models.log = logs.log
        group by models.model, models.layout
        having bool_and(logs.full_number is not null) and max(models.build_number - logs.full_number) >= 0
    {%- endset -%}
    {%- set fresh = run_query(sql).columns[0].values() -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.config.materialized == 'incremental' -%}
        {%- set held = adapter.get_relation(node.database, node.schema, node.alias) -%}
        {%- if held is not none and (node.name ~ ' ' ~ increment_layout(node.checksum.checksum)) not in fresh -%}
            {%- do adapter.drop_relation(held) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return('') -}}
{%- endmacro %}

{#- Models that only an increment reads: dbt has to know of them in a full build too. -#}
{% macro follow(models) -%}
    {%- if not execute -%}
        {%- for model in models -%}
            {%- do ref(model) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{#- The number of the build that a log's model is in. -#}
{% macro next_build(log) -%}
    {%- if not execute or flags.WHICH not in ('build', 'run') or increment_kind() != 'incremental' -%}
        {{- return(1) -}}
    {%- endif -%}
    {{- return(run_query("select cast(coalesce(max(build_number), 0) + 1 as bigint) from " ~ builds() ~ " where log = '" ~ log ~ "'").rows[0][0] | int) -}}
{%- endmacro %}

{#- After a log's model: its build has a number. -#}
{% macro note_build(log) -%}
    {%- if increment_kind() == 'incremental' -%}
        {%- set number = next_build(log) -%}
        {%- set layout = increment_layout(model.checksum.checksum) -%}
        insert into {{ builds() }}
        select '{{ this.identifier }}', '{{ log }}', {{ number }}, '{{ layout }}'
        union all
        {#- Where no row is of an earlier build, this one was of all. #}
        select 'full', '{{ log }}', {{ number }}, ''
        where (select min(build_number) from {{ this }}) = {{ number }}
    {%- endif -%}
{%- endmacro %}

{#- After an incremental model: it has absorbed these logs as they stand. -#}
{% macro note_absorbed(logs) -%}
    {%- if increment_kind() == 'incremental' -%}
        insert into {{ builds() }}
        select '{{ this.identifier }}', log, max(build_number), '{{ increment_layout(model.checksum.checksum) }}'
        from {{ builds() }}
        where log in ({{ quoted(logs) }})
        group by log
    {%- endif -%}
{%- endmacro %}

{#- The number of the build up to which the present model has absorbed a log. -#}
{% macro absorbed_build(log) -%}
    {{- return(
        run_query(
            "select coalesce(max(build_number), 0) from " ~ builds() ~ " where model = '" ~ this.identifier ~ "' and log = '" ~ log ~ "'"
        ).rows[0][0] | int
    ) -}}
{%- endmacro %}

{#- The incremental strategy `replace`: all rows of the keys that the model names go, and those of its rows that are present come. A key
    of which nothing is left is named by a row that is not `present_when`. -#}
{% macro get_incremental_replace_sql(arg_dict) -%}
    {%- set keys = [arg_dict.unique_key] if arg_dict.unique_key is string else arg_dict.unique_key -%}
    {%- set columns = arg_dict.dest_columns | map(attribute='quoted') | join(', ') -%}
    delete from {{ arg_dict.target_relation }}
    where ({{ keys | join(', ') }}) in (select ({{ keys | join(', ') }}) from {{ arg_dict.temp_relation }});
    insert into {{ arg_dict.target_relation }} ({{ columns }})
    select {{ columns }}
    from {{ arg_dict.temp_relation }}
    where {{ config.require('present_when') }}
{%- endmacro %}

{#- At the end of an increment: the touched keys alone, with null in the columns that follow the key, so that their old rows go even if
    nothing is left of them. -#}
{% macro keys_alone(relation, key, others) -%}
    union all
    select
        {{ key }}
        {%- for _ in range(others) %},
        null
        {%- endfor %}
    from {{ relation }}
{%- endmacro %}

{#- The ends of what a relation holds, as texts: literals let the engine skip what lies outside. -#}
{% macro bounds_in(relation, from_at, to_at) -%}
    {%- set text = dbt.type_string() -%}
    {%- set sql -%}
        select
            coalesce(cast(min({{ from_at }}) as {{ text }}), '1970-01-01'),
            coalesce(cast(max({{ to_at }}) as {{ text }}), '1970-01-01')
        from {{ relation }}
    {%- endset -%}
    {{- return(run_query(sql).rows[0].values()) -}}
{%- endmacro %}

{#- Between which times those events happened of which copies have arrived; found by their keys, as texts of all events are dear. -#}
{% macro held_between(held, seen) -%}
    {%- set copies -%}
        (
            select occurred_at from {{ held }}
            where event_key in (
                select {{ stored_key('event_id') }} from {{ ref('stg_kith__events') }}
                where commit_name > '{{ seen.commit_name }}'
            )
            union all
            select occurred_at from {{ held }}
            where event_key in (
                select {{ stored_key('event_id') }} from {{ ref('stg_kith__events') }}
                where commit_name <= '{{ seen.commit_name }}' and effective_at >= timestamp '{{ seen.effective_at }}'
            )
        ) as copies
    {%- endset -%}
    {{- return(bounds_in(copies, 'occurred_at', 'occurred_at')) -}}
{%- endmacro %}

{#- The incremental strategy `displace`: a row that displaces an earlier version marks that one as displaced. -#}
{% macro get_incremental_displace_sql(arg_dict) -%}
    {%- set columns = arg_dict.dest_columns | map(attribute='quoted') | join(', ') -%}
    {%- set keys = 'select event_key from ' ~ arg_dict.temp_relation ~ ' where has_displaced' -%}
    {%- set bounds = bounds_in(arg_dict.target_relation ~ ' where event_key in (' ~ keys ~ ')', 'occurred_at', 'occurred_at') -%}
    update {{ arg_dict.target_relation }}
    set
        displaced_in = (select max(build_number) from {{ arg_dict.temp_relation }}),
        changed_in = (select max(build_number) from {{ arg_dict.temp_relation }})
    where
        displaced_in is null
        and occurred_at between timestamp '{{ bounds[0] }}' and timestamp '{{ bounds[1] }}'
        and {{ arg_dict.unique_key }} in (select {{ arg_dict.unique_key }} from {{ arg_dict.temp_relation }} where has_displaced);
    insert into {{ arg_dict.target_relation }} ({{ columns }})
    select {{ columns }}
    from {{ arg_dict.temp_relation }}
{%- endmacro %}

{#- Whether a version in the log of events is news to the present model: it has come, or has been displaced, since. -#}
{% macro is_news(absorbed) -%}
    (changed_in > {{ absorbed }})
{%- endmacro %}

{#- The orders of which something is news to the present model. -#}
{% macro touched_orders(absorbed) -%}
    select order_id
    from {{ ref('int_order_events__extracted') }}
    where build_number > {{ absorbed }}
    union
    select {{ order_id_of('properties', 'event_id') }} as order_id
    from {{ ref('int_events__landed') }}
    where
        displaced_in > {{ absorbed }}
        and {{ is_order_event() }}
{%- endmacro %}

{#- Whether a fact's profile may have changed since the present model absorbed the identities. -#}
{% macro changed_hands(fact, absorbed) -%}
    (
        {{ fact }}.user_id in (
            select tracked.identifier_value
            from {{ ref('int_identifiers__tracked') }} as tracked
            where
                tracked.build_number > {{ absorbed }}
                and tracked.identifier_type = 'user_id'
        )
        or {{ fact }}.anonymous_id in (
            select tracked.identifier_value
            from {{ ref('int_identifiers__tracked') }} as tracked
            where
                tracked.build_number > {{ absorbed }}
                and tracked.identifier_type = 'anonymous_id'
        )
    )
{%- endmacro %}

{#- The orders of which a published table has to tell something new: events came or went, or the customer's profile changed. -#}
{% macro touched_published_orders() -%}
    {{ touched_orders(absorbed_build('events')) }}
    union
    select orders.order_id
    from {{ ref('int_orders__folded') }} as orders
    where {{ changed_hands('orders', absorbed_build('identities')) }}
{%- endmacro %}

{#- CTEs `reopened`, the visits held that lie within a gap of something new or between its ends, and `spans`, the time over which each
    visitor's events are gone through again. Visits outside of it stay as they are: none of their events is within a gap of it. -#}
{% macro reopened_visits(held, visitor_id) -%}
    {%- set is_news_of_visits -%}
        {{ is_news(absorbed_build('events')) }}
        and {{ is_visit_event() }}
        and {{ visitor_id }} is not null
    {%- endset -%}
    {%- set bounds = bounds_in(
        ref('int_events__landed') ~ ' where ' ~ is_news_of_visits,
        microseconds_after('occurred_at', -session_gap_microseconds()),
        microseconds_after('occurred_at', session_gap_microseconds())
    ) -%}
news as (
    select
        {{ visitor_id }} as visitor_id,
        min(occurred_at) as from_at,
        max(occurred_at) as to_at
    from {{ ref('int_events__landed') }}
    where
        {{ is_news_of_visits }}
    group by 1
),

reopened as (
    select
        held.session_id,
        held.visitor_id,
        held.started_at,
        held.ended_at
    from {{ held }} as held
    inner join news on held.visitor_id = news.visitor_id
    where
        held.ended_at >= timestamp '{{ bounds[0] }}'
        and held.started_at <= timestamp '{{ bounds[1] }}'
        and {{ microseconds('held.ended_at') }} + {{ session_gap_microseconds() }} >= {{ microseconds('news.from_at') }}
        and {{ microseconds('held.started_at') }} - {{ session_gap_microseconds() }} <= {{ microseconds('news.to_at') }}
),

spans as (
    select
        visitor_id,
        min(from_at) as from_at,
        max(to_at) as to_at
    from (
        select visitor_id, from_at, to_at from news
        union all
        select visitor_id, started_at, ended_at from reopened
    ) as ends
    group by visitor_id
)
{%- endmacro %}

{#- The ends of all `spans`, as texts: so that the engine reads only what lies between. -#}
{% macro bounds_of(spans) -%}
    {{- return(bounds_in('(with ' ~ spans ~ ' select from_at, to_at from spans) as spans', 'from_at', 'to_at')) -}}
{%- endmacro %}

{#- The days, in order, on which an event came, went or changed hands since the present model was built. -#}
{% macro touched_days() -%}
    {%- set absorbed = absorbed_build('identities') -%}
    {%- set people = ref('int_people__counted') ~ ' as people where ' ~ changed_hands('people', absorbed) -%}
    {%- set bounds = bounds_in(people, 'first_seen_at', 'last_seen_at') -%}
    {%- set day = 'cast(cast(occurred_at as date) as ' ~ dbt.type_string() ~ ')' -%}
    {%- set sql -%}
        select {{ day }}
        from {{ ref('int_events__landed') }}
        where {{ is_news(absorbed_build('events')) }}
        union
        select {{ day }}
        from {{ ref('int_events__deduplicated') }} as events
        where
            events.occurred_at between timestamp '{{ bounds[0] }}' and timestamp '{{ bounds[1] }}'
            and {{ changed_hands('events', absorbed) }}
        order by 1
    {%- endset -%}
    {{- return(run_query(sql).columns[0].values()) -}}
{%- endmacro %}

{#- Whether one row comes before another by the columns in their order. What is null comes last. -#}
{% macro precedes(one, other, columns) -%}
    (
    {%- for column in columns %}
        {{ 'or ' if not loop.first }}(
        {%- for equal in columns[:loop.index0] -%}
            {{ one }}.{{ equal }} is not distinct from {{ other }}.{{ equal }} and {{ ' ' }}
        {%- endfor -%}
            ({{ one }}.{{ column }} < {{ other }}.{{ column }} or ({{ one }}.{{ column }} is not null and {{ other }}.{{ column }} is null))
        )
    {%- endfor %}
    )
{%- endmacro %}
