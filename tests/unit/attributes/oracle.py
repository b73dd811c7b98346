"""What a computed attribute is of one person, in plain Python, from the YAML form."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import floor
from typing import Any

from tests.unit.segments.oracle import Oracle
from tests.unit.segments.world import Person

LARGEST = Decimal("99999999999999.9999")
_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?")
_WHOLE, _DATE = re.compile(r"-?[0-9]{1,18}"), re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def value_of(person: Person, body: Mapping[str, Any], as_of: datetime, zone: str) -> Any:
    """The value, the default where there is none; filters and windows are those of the segments' oracle."""
    segments = Oracle(as_of, zone, {}, {}, {})
    found = sorted(segments._rows(person, body, body.get("within")), key=lambda row: row[0])
    value = _measured(body, found, segments)
    return _default(body) if value is None else value


def _measured(body: Mapping[str, Any], rows: list[Any], segments: Oracle) -> Any:
    measure = body["measure"]
    if measure == "count":
        return len(rows)
    if measure == "days":
        return len({at.astimezone(segments.zone).date() for at, _ in rows})
    if measure in ("first_time", "last_time"):
        return rows[0 if measure == "first_time" else -1][0] if rows else None
    texts = [(at, _text(_walk(properties or {}, body["of"]))) for at, properties in rows]
    if measure == "distinct":
        return len({text for _, text in texts if text is not None})
    if measure.endswith("_value"):
        return _chosen(
            measure, [(at, value) for at, text in texts if (value := _READ[body["type"]](text)) is not None]
        )
    amounts = [value for _, text in texts if text is not None and (value := _amount(text)) is not None]
    return _reckoned(measure, amounts)


def _chosen(measure: str, values: list[tuple[datetime, Any]]) -> Any:
    if not values:
        return None
    if measure == "first_value":
        return min(values)[1]
    if measure == "last_value":
        return max(values)[1]
    counts = Counter(value for _, value in values)
    seen = {value: max(at for at, each in values if each == value) for value in counts}
    return max((count, seen[value], value) for value, count in counts.items())[2]


def _reckoned(measure: str, amounts: list[Decimal]) -> Decimal | None:
    if measure == "sum":
        return max(-LARGEST, min(LARGEST, sum(amounts, Decimal(0))))
    if not amounts:
        return None
    if measure == "average":
        exact = Fraction(sum(amounts)) / len(amounts) * 10_000
        away = floor(abs(exact) + Fraction(1, 2)) * (1 if exact >= 0 else -1)
        return Decimal(away) / 10_000
    return min(amounts) if measure == "minimum" else max(amounts)


def _walk(properties: Any, path: str) -> Any:
    for key in path.split("."):
        properties = properties.get(key) if isinstance(properties, dict) else None
    return properties


def _text(value: Any) -> str | None:
    """As the JSON text of an event spells it."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _amount(text: str) -> Decimal | None:
    if not _NUMBER.fullmatch(text) or abs(Decimal(text)) > 10 * LARGEST:
        return None
    amount = Decimal(text).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    return amount if abs(amount) <= LARGEST else None


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text and _DATE.fullmatch(text) else None
    except ValueError:
        return None


_READ: dict[str, Callable[[str | None], Any]] = {
    "text": lambda text: text,
    "whole": lambda text: int(text) if text and _WHOLE.fullmatch(text) else None,
    "amount": lambda text: None if text is None else _amount(text),
    "boolean": lambda text: {"true": True, "false": False}.get(text or ""),
    "date": _date,
}


def _default(body: Mapping[str, Any]) -> Any:
    given = body.get("default")
    if given is None:
        return None
    if body["type"] == "amount":
        return Decimal(repr(given))
    if body["type"] == "date":
        return date.fromisoformat(given)
    if body["type"] == "instant":
        return datetime.fromisoformat(given).replace(tzinfo=UTC)
    return given
