-- One row per user agent that ever came with a visit or an answer to a message: what it says of itself.
with

seen as (
    select user_agent from {{ ref('int_sessions__stitched') }}
    union
    select user_agent from {{ ref('int_message_answers__extracted') }}
)

select
    user_agent,
    {{ device_of('user_agent') }} as device,
    {{ os_of('user_agent') }} as os,
    {{ browser_of('user_agent') }} as browser,
    {{ is_bot_agent('user_agent') }} as is_machine_agent,
    {{ is_mail_proxy('user_agent') }} as is_mail_proxy,
    {{ is_privacy_proxy('user_agent') }} as is_privacy_proxy
from seen
where user_agent is not null
