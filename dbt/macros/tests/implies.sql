{#- Where the first condition holds, the second does too. -#}
{% test implies(model, condition, holds) %}

select *
from {{ model }}
where
    {{ condition }}
    and not coalesce({{ holds }}, false)

{% endtest %}
