{#- What makes a machine, for visits and for answers to messages: signs with points. Points add up; a visit or an answer with
    `machine_points()` or more is a machine's, and its reason is the heaviest sign. Everything built on these rules is a full
    table, so a run after a change restates all of history; `rules_version` says by which rules a row was judged. -#}
{% macro machine_points() -%}
    {{- return(80) -}}
{%- endmacro %}

{#- Signs of a visit, over the columns of int_sessions__stitched and of int_user_agents__classified. -#}
{% macro visit_signs() -%}
    {{- return({
        'names_itself': {'points': 100, 'holds': 'is_machine_agent'},
        'too_fast': {'points': 80, 'holds': 'event_count >= 20 and (event_count - 1) * 1000 >= pause_ms'},
        'never_tires': {'points': 50, 'holds': 'event_count >= 500 or pause_ms >= 28800000'},
        'even_pace': {
            'points': 45,
            'holds': 'event_count >= 8 and pause_ms > 0 and cast(event_count - 1 as double) * pause_square_ms <= 1.01 * cast(pause_ms as double) * pause_ms',
        },
        'only_looks': {'points': 20, 'holds': 'event_count >= 8 and deed_count = 0'},
        'loads_no_page': {'points': 25, 'holds': 'event_count >= 8 and page_count = 0'},
        'is_known': {'points': -40, 'holds': 'user_id is not null'},
    }) -}}
{%- endmacro %}

{#- Signs of an open or a click, over the columns of int_message_answers__observed. People who block images click without an open,
    and some clients load the images at the click: neither is more than a hint. -#}
{% macro answer_signs() -%}
    {{- return({
        'names_itself': {'points': 100, 'holds': 'is_machine_agent'},
        'privacy_proxy': {'points': 100, 'holds': "status = 'opened' and is_privacy_proxy"},
        'prefetch': {
            'points': 100,
            'holds': "status = 'opened' and is_mail_proxy and delay_ms between 0 and 60000",
        },
        'at_once': {'points': 90, 'holds': 'delay_ms between 0 and 3000'},
        'burst': {'points': 90, 'holds': "status = 'clicked' and is_in_burst"},
        'all_links_at_once': {'points': 85, 'holds': "status = 'clicked' and other_link_ms <= 1500"},
        'with_the_open': {'points': 30, 'holds': "status = 'clicked' and open_ms between 0 and 300"},
        'without_open': {'points': 10, 'holds': "status = 'clicked' and channel_has_opens and open_ms is null"},
        'early': {'points': 40, 'holds': 'delay_ms between 3001 and 10000'},
    }) -}}
{%- endmacro %}

{#- A name for the rules as they stand: changes with any sign, weight or pattern. -#}
{% macro machine_rules_version() -%}
    {{- return(local_md5(tojson([machine_points(), visit_signs(), answer_signs(), is_bot_agent('a'), is_mail_proxy('a'), is_privacy_proxy('a')]))[:12]) -}}
{%- endmacro %}

{#- The sum of points, and the heaviest sign that holds (null without any that speaks for a machine). -#}
{% macro sign_points(signs) -%}
    {%- for sign in signs.values() %}
    {{ '+ ' if not loop.first }}case when {{ sign.holds }} then {{ sign.points }} else 0 end
    {%- endfor %}
{%- endmacro %}

{% macro heaviest_sign(signs) -%}
    case
        {%- for name, sign in (signs | dictsort | sort(attribute='1.points', reverse=true)) if sign.points > 0 %}
        when {{ sign.holds }} then '{{ name }}'
        {%- endfor %}
    end
{%- endmacro %}
