"""What a funnel may ask for, in words, and what the published data knows of it."""

from __future__ import annotations

from typing import Any

from dashboards.builder.words import COMPARISONS
from dashboards.reader import Reader
from measurement.funnels import ORDER_COLUMNS, SESSION_COLUMNS

#: More events than these nobody looks through; a name that isn't among them can be typed.
MOST_EVENTS, SAMPLED_ROWS = 200, 2_000
ACTS = {
    "type:page": "Any page",
    "type:screen": "Any screen of the app",
    "order:completed": "An order that counts",
    "session:started": "The start of a visit",
}
ORDERS = {
    "ordered": "In this order, whatever else happens in between",
    "strict": "In this order, with nothing else in between",
    "any": "In any order",
}
ATTEMPTS = {"any": "The best attempt of each person", "first": "The first attempt alone"}
SPANS = (
    "10m",
    "30m",
    "1h",
    "4h",
    "12h",
    "1d",
    "2d",
    "3d",
    "7d",
    "14d",
    "30d",
    "60d",
    "90d",
    "120d",
    "180d",
    "365d",
)
_COMPARED = ("is", "is_not", "in", "not_in", "at_least", "at_most", "greater", "less", "contains", "starts_with",
             "ends_with")  # fmt: skip
OPERATORS = {each: COMPARISONS[each] for each in _COMPARED} | {"missing": "is missing"}
NUMERIC = ("at_least", "at_most", "greater", "less")
BREAKDOWNS = {
    "": "Everybody together",
    "session:channel": "Channel of the visit",
    "session:channel_group": "Group of channels",
    "session:device": "Device of the visit",
    "profile:country": "Country",
    "profile:city": "City",
    "profile:locale": "Language and region",
    "profile:usual_device": "Usual device",
    "profile:favourite_category": "Favourite category",
}
_UNITS = {"s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week"}


def known_events(reader: Reader) -> list[str]:
    """Names of tracked events, the most frequent first; messages' own bookkeeping comes last."""
    if reader.missing("events_daily"):
        return []
    rows = reader.rows(
        """
        SELECT event
        FROM events_daily
        WHERE type = 'track' AND event IS NOT NULL
        GROUP BY event
        ORDER BY sum(event_count) DESC, event
        LIMIT $most""",
        most=MOST_EVENTS,
    )
    return [row["event"] for row in rows]


def known_properties(reader: Reader, act: str) -> list[str]:
    """What can be compared of an act (`event:Product Viewed`, `order:completed`, …)."""
    kind, _, name = act.partition(":")
    fixed = {"order": ORDER_COLUMNS, "session": SESSION_COLUMNS}.get(kind)
    if fixed:
        return list(fixed)
    if reader.missing("events") or reader.is_masked:
        return []
    condition = "event = $name AND type = 'track'" if kind == "event" else "type = $name"
    rows = reader.rows(
        f"""
        SELECT property, count(*) AS uses
        FROM (
            SELECT unnest(json_keys(properties)) AS property
            FROM (
                SELECT properties FROM events
                WHERE {condition} AND json_valid(properties)
                LIMIT $most
            )
        )
        WHERE regexp_full_match(property, '[A-Za-z_][A-Za-z0-9_]*')
        GROUP BY property
        ORDER BY uses DESC, property""",
        name=name,
        most=SAMPLED_ROWS,
    )
    return [row["property"] for row in rows]


def act_of(step: dict[str, Any]) -> str:
    """`event:Product Viewed`, `type:page`, `order:completed` or `session:started`."""
    for kind in ("event", "type", "order", "session"):
        if step.get(kind):
            return f"{kind}:{step[kind]}"
    return "event:"


def spell_act(act: str) -> str:
    kind, _, name = act.partition(":")
    return ACTS.get(act, name if kind in ("event", "type") and name else act)


def spell_span(text: str) -> str:
    """`7d` → 7 days."""
    number, unit = text[:-1], _UNITS.get(text[-1:])
    return f"{number} {unit}{'' if number == '1' else 's'}" if unit else text


def spell_breakdown(code: str) -> str:
    kind, _, name = code.partition(":")
    return f"Property “{name}” of the first step" if kind == "property" else BREAKDOWNS.get(code, code)


def spell_condition(name: str, condition: Any) -> str:
    """`price is at least 10`."""
    if not isinstance(condition, dict):
        return f"{name} is {condition}"
    operator, operand = next(iter(condition.items()), ("is", ""))
    if operator == "missing":
        return f"{name} is {'' if operand else 'not '}missing"
    told = ", ".join(map(str, operand)) if isinstance(operand, list) else operand
    return f"{name} {OPERATORS.get(operator, operator)} {told}"


def operand_of(operator: str, text: str) -> Any:
    """What was typed as what the definition says: numbers as numbers, lists at commas."""
    if operator == "missing":
        return text.strip().lower() not in ("no", "false")
    if operator in ("in", "not_in"):
        return [_scalar(each) for each in text.split(",") if each.strip()]
    return _scalar(text) if operator in ("is", "is_not", *NUMERIC) else text


def _scalar(text: str) -> Any:
    told = text.strip()
    if told.lower() in ("true", "false"):
        return told.lower() == "true"
    try:
        number = float(told)
    except ValueError:
        return told
    return int(number) if number.is_integer() and "." not in told and "e" not in told.lower() else number
