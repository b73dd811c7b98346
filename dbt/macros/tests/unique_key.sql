{#- The columns together name a row: none is null and no two rows agree in all. -#}
{% test unique_key(model, columns) %}
{%- set names = [] %}
{%- for column in columns %}{% do names.append(named(column)) %}{% endfor %}

select
    {{ names | join(',\n    ') }},
    count(*) as row_count
from {{ model }}
group by {{ names | join(', ') }}
having
    count(*) > 1
    {%- for column in names %}
    or {{ column }} is null
    {%- endfor %}

{% endtest %}
