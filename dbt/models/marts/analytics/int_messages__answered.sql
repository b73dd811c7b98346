-- One row per message that was answered: the first time of each status. Opens and clicks of machines are left out.
select
    {%- for status in feedback_statuses().values() | unique %}
    min(case when status = '{{ status }}' and not is_machine then occurred_at end) as {{ status }}_at,
    {%- endfor %}
    message_id
from {{ ref('int_message_feedback__classified') }}
where message_id is not null
group by message_id
