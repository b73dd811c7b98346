"""The meaning of a segment in plain Python, one person and condition at a time, from the YAML form."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.unit.segments.world import Person

_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?")

_OPERATORS = (
    "missing", "is", "is_not", "in", "not_in", "greater", "less", "at_least", "at_most", "between",
    "contains", "starts_with", "ends_with",
)  # fmt: skip


class Oracle:
    """Judges people at one instant."""

    def __init__(
        self, as_of: datetime, zone: str, definitions: Mapping[str, Any],
        scores: Mapping[str, Mapping[str, float]], lists: Mapping[str, list[str]],
    ) -> None:  # fmt: skip
        self.as_of, self.zone = as_of, ZoneInfo(zone)
        self.definitions, self.scores, self.lists = definitions, scores, lists

    def is_in(self, person: Person, who: Mapping[str, Any]) -> bool:
        if "all" in who:
            return all(self.is_in(person, each) for each in who["all"])
        if "any" in who:
            return any(self.is_in(person, each) for each in who["any"])
        if "none" in who:
            return not any(self.is_in(person, each) for each in who["none"])
        if "segment" in who:
            name = who["segment"]
            listed = person.profile_id in self.lists.get(name, [])
            return listed or (name in self.definitions and self.is_in(person, self.definitions[name]))
        if "score" in who:
            score = self.scores.get(who["score"], {}).get(person.profile_id)
            if score is None or not math.isfinite(score):
                return self.is_in(person, who["fallback"])
            return self._compare(score, who)
        if "attribute" in who:
            return self._attribute(getattr(person, who["attribute"]), who)
        happened = self._count(person, who)
        if "did" in who:
            return happened >= 1
        return happened == 0 if "did_not" in who else self._compare(happened, who["count"])

    def _start(self, days: str) -> datetime:
        count = int(days[:-1]) * (7 if days.endswith("w") else 1)
        local = self.as_of.astimezone(self.zone)
        midnight = datetime(local.year, local.month, local.day) - timedelta(days=count)
        return midnight.replace(tzinfo=self.zone).astimezone(UTC)

    def _attribute(self, value: Any, who: Mapping[str, Any]) -> bool:
        if isinstance(value, float) and not math.isfinite(value):
            value = None
        for operator in ("within", "older_than"):
            if operator in who:
                if value is None:
                    return False
                at = value
                if not isinstance(value, datetime):
                    at = datetime(value.year, value.month, value.day, tzinfo=self.zone).astimezone(UTC)
                start = self._start(who[operator])
                return start <= at < self.as_of if operator == "within" else at < start
        return self._compare(value, who)

    def _compare(self, value: Any, who: Mapping[str, Any]) -> bool:
        operator = next(each for each in _OPERATORS if each in who)
        given = who[operator]
        if operator == "missing":
            return (value is None) == given
        if value is None:
            return False
        operands = [self._like(value, each) for each in (given if isinstance(given, list) else [given])]
        first = operands[0]
        return {
            "is": lambda: value == first,
            "is_not": lambda: value != first,
            "in": lambda: value in operands,
            "not_in": lambda: value not in operands,
            "greater": lambda: value > first,
            "less": lambda: value < first,
            "at_least": lambda: value >= first,
            "at_most": lambda: value <= first,
            "between": lambda: operands[0] <= value <= operands[-1],
            "contains": lambda: first in value,
            "starts_with": lambda: value.startswith(first),
            "ends_with": lambda: value.endswith(first),
        }[operator]()

    def _like(self, value: Any, operand: Any) -> Any:
        if isinstance(value, datetime):
            at = datetime.fromisoformat(operand.replace("Z", "+00:00"))
            return at if at.tzinfo else at.replace(tzinfo=self.zone).astimezone(UTC)
        if isinstance(value, date):
            return date.fromisoformat(operand)
        if isinstance(operand, str):
            return unicodedata.normalize("NFC", operand)
        return Decimal(repr(operand)) if isinstance(value, Decimal) else operand

    def _count(self, person: Person, who: Mapping[str, Any]) -> int:
        name = who.get("event") or who.get("did") or who.get("did_not")
        start = self._start(who["within"]) if "within" in who else None
        return sum(
            event == name
            and at < self.as_of
            and (start is None or at >= start)
            and all(self._passes(properties or {}, key, each) for key, each in who.get("where", {}).items())
            for event, at, properties in person.events
        )

    def _passes(self, properties: Mapping[str, Any], key: str, given: Any) -> bool:
        who = given if isinstance(given, dict) else {"is": given}
        value: Any = properties
        for part in key.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        [operand] = who.values()
        sample = operand[0] if isinstance(operand, list) else operand
        if "missing" in who:
            return self._compare(value, who)
        return self._compare(self._read(value, sample), who)

    @staticmethod
    def _read(value: Any, sample: Any) -> Any:
        """A property as what it is compared with."""
        text = None if value is None else str(value).lower() if isinstance(value, bool) else str(value)
        if isinstance(sample, bool):
            return {"true": True, "false": False}.get(text or "")
        if isinstance(sample, str) or text is None:
            return text
        if not _NUMBER.fullmatch(text) or abs(Decimal(text)) >= Decimal(10) ** 19:
            return None
        return Decimal(text).quantize(Decimal("1e-9"), ROUND_HALF_UP)
