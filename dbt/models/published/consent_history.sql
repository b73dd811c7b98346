-- One row per identifier, purpose, channel and word: what was said, when it held, and when we knew.
{{ config(materialized='table') }}
{%- set later_words %} over (
            partition by identifier_type, identifier_value, purpose, channel
            order by binds_at asc, case when is_granted then 0 else 1 end asc, event_id desc
            rows between 1 following and unbounded following
        )
{%- endset %}

with

words as (
    select
        *,
        min(valid_from){{ later_words }} as later_valid_from,
        min(known_from){{ later_words }} as later_known_from
    from {{ ref('int_consents__spoken') }}
)

select
    identifier_type,
    identifier_value,
    purpose,
    channel,
    event_id,
    is_granted,
    legal_basis,
    evidence,
    valid_from,
    case when later_valid_from is not null then greatest(valid_from, later_valid_from) end as valid_to,
    known_from,
    case when later_known_from is not null then greatest(known_from, later_known_from) end as known_to,
    binds_at,
    told_at,
    later_known_from is null as is_current
from words
