"""What the project's macros render to while the linter reads a model: SQL of the same shape, nothing more.

sqlfluff's own dbt templater compiles against a warehouse and a lake; the plain Jinja one needs neither. It
knows `ref`, `source`, `config`, `this` and `is_incremental`; our macros it takes from here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def _unnest(relation: str, column: str, keep: Sequence[str], fields: Sequence[str]) -> str:
    return f"select {', '.join([*keep, 'line_number', *fields])} from {relation}"


def _join(fact: str) -> str:
    sides = {"by_user": "user_id", "by_device": "anonymous_id"}
    return " ".join(
        f"left join identities as {side} on {fact}.{column} = {side}.identifier_value"
        for side, column in sides.items()
    )


def lake_table(relation: Any) -> str:
    return "landed"


def current_run() -> str:
    return "landed_run"


def _call(name: str) -> Any:
    return lambda *arguments, **named: f"{name}({', '.join(str(each) for each in arguments)})"


def period_of(instant: str) -> str:
    return f"period({instant}, run.as_of)"


def is_last_week(instant: str) -> str:
    return f"late({instant}, run.as_of)"


def quoted(values: Sequence[str]) -> str:
    return ", ".join(f"'{value}'" for value in values)


def feedback_statuses() -> dict[str, str]:
    return {"Email Opened": "opened", "Email Link Clicked": "clicked"}


def ledger_outcomes() -> list[str]:
    return ["accepted", "failed"]


def counted_acts() -> dict[str, str]:
    return {"page_view": "type = 'page'", "message_sent": "event = 'Message Sent'"}


def absorbed(relation: Any) -> dict[str, str]:
    return {"commit_name": "0000000001", "effective_at": "2026-01-01 00:00:00"}


def is_unseen(seen: Any, table_alias: str) -> str:
    return f"({table_alias}.commit_name > '0000000001')"


def oldest_period() -> int:
    return 15


def last_cutoff_period() -> int:
    return 12


def period_microseconds() -> int:
    return 2592000000000


def session_gap_microseconds() -> int:
    return 1800000000


def funnel_columns() -> dict[str, list[str]]:
    return {"order": ["currency"], "session": ["device"]}


def joined_texts(expression: str, separator: str, order_by: str) -> str:
    return f"string_agg({expression})"


def most_funnel_steps() -> int:
    return 3


def numbers(count: int) -> str:
    return "series_of_numbers"


def named(column: str) -> str:
    return f'"{column}"'


def joined_profile_id() -> str:
    return "coalesce(by_user.profile_id, by_device.profile_id)"


def is_visit_event() -> str:
    return "(type in ('page', 'track'))"


def is_own_act() -> str:
    return "(event is not null)"


def is_look() -> str:
    return "(type = 'page')"


def bad_input() -> dict[str, dict[str, str]]:
    return {"negative_price": {"fate": "kept", "severity": "info", "says": ""}}


def iso_currencies() -> list[str]:
    return ["EUR"]


def machine_points() -> int:
    return 80


def machine_rules_version() -> str:
    return "0123456789ab"


def visit_signs() -> dict[str, str]:
    return {"names_itself": "is_machine_agent"}


answer_signs = visit_signs


def sign_points(signs: dict[str, str]) -> str:
    return " + ".join(f"f({sign})" for sign in signs.values())


def heaviest_sign(signs: dict[str, str]) -> str:
    return f"g({', '.join(signs.values())})"


def increment_kind() -> str:
    return "incremental"


def follow(models: Sequence[str]) -> str:
    return ""


def next_build(log: str) -> int:
    return 2


def absorbed_build(log: str) -> int:
    return 1


def is_news(absorbed: int) -> str:
    return f"(build_number > {absorbed})"


def touched_orders(absorbed: int) -> str:
    return f"select order_id from orders where build_number > {absorbed}"


def touched_published_orders() -> str:
    return touched_orders(1)


def touched_days() -> list[str]:
    return ["2026-01-01"]


def reopened_visits(held: Any, visitor_id: str) -> str:
    return "reopened as (select 1 as session_id), spans as (select 1 as visitor_id, 2 as from_at, 3 as to_at)"


def held_between(held: Any, seen: Any) -> tuple[str, str]:
    return "2026-01-01", "2026-01-02"


def bounds_of(spans: str) -> tuple[str, str]:
    return "2026-01-01", "2026-01-02"


def is_order_event() -> str:
    return "(event = 'Order Completed')"


def keys_alone(relation: str, key: str, others: int) -> str:
    return f"union all select {', '.join([key, *['null'] * others])} from {relation}"


def precedes(one: str, other: str, columns: Sequence[str]) -> str:
    return f"({one}.{columns[0]} < {other}.{columns[0]})"


order_id_of = note_build = note_absorbed = _call("g")
unnest_json, join_profile = _unnest, _join
stable_id = latest_known = event_order_key = microseconds = microseconds_after = days_between = _call("f")
json_text = json_part = money = bounded = money_product = rough_key = stored_key = is_bot_agent = (
    device_of
) = os_of = browser_of = _call("g")
is_mail_proxy = is_privacy_proxy = device_told = host_of = query_parameter = click_id_says = _call("g")
is_numeric_text = site_kind = channel_group = channel_key = whole_part = _call("g")


def consent_words() -> dict[str, Any]:
    return {
        "purposes": ["marketing"],
        "channels": ["email"],
        "grants": ["granted"],
        "replies": {"stop": ["stop"], "start": ["start"]},
        "categories": {"Advertising": [{"purpose": "advertising", "channel": "ads"}]},
    }


def consent_sayings(words: dict[str, Any]) -> str:
    return "sayings_of_words"


def text_list(texts: Sequence[str]) -> str:
    return f"({quoted(texts)})"


def sql_text(text: str) -> str:
    return f"'{text}'"


def every(names: Sequence[str], column: str) -> str:
    return f"every_{column}"


def trait_rules() -> dict[str, dict[str, Any]]:
    return {
        "email": {"from": ["email"], "form": "address"},
        "birthday": {"from": ["birthday"], "type": "date"},
    }


def nested_trait_keys() -> list[list[Any]]:
    return [["address", "city", "city", 2]]


def trait_keys() -> str:
    return "keys_of_traits"


def traits_with(name: str, value: str) -> str:
    return "('trait')"


def json_entries(relation: str, column: str, keep: Sequence[str]) -> str:
    return f"select {', '.join([*keep, 'entry_key', 'entry_value'])} from {relation}"


normal_phone = reply_word = json_member = trait_priority = _call("f")
day_of_text = instant_of_text = json_type_of = is_quoted_member = _call("g")
json_of_columns = duration_microseconds = number_of = percentile = rate = meets_condition = json_field_at = (
    _call("a")
)
json_text_at = first_day_of = whole_days = _call("b")


def retention_periods() -> list[str]:
    return ["day", "week"]


mailbox_domain = rfm_segment = periods_between = _call("c")


def tz_offset_rows(relation: str) -> str:
    return f"select zone, offset_seconds from {relation}"


def may_tell_address() -> str:
    return "(context is not null)"


def address_mentions(relation: str) -> str:
    return f"select * from {relation}"


address_tellings = address_mentions


def address_key() -> str:
    return "concat(user_id, anonymous_id, address_type, address)"


def address_kinds() -> dict[str, dict[str, str]]:
    return {"fcm_token": {"channel": "push", "provider": "fcm"}}
