"""The meaning of a segment in plain Python, one person and condition at a time, from the YAML form."""

from __future__ import annotations

import calendar
import hashlib
import math
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from tests.unit.segments.told import message_rows, property_text
from tests.unit.segments.world import Person

_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?")

_CENT = Decimal("0.0001")
_OPERATORS = (
    "missing", "is", "is_not", "in", "not_in", "greater", "less", "at_least", "at_most", "between",
    "contains", "starts_with", "ends_with",
)  # fmt: skip


class Oracle:
    """Judges people at one instant."""

    def __init__(
        self, as_of: datetime, zone: str, definitions: Mapping[str, Any],
        scores: Mapping[str, Mapping[str, float]], lists: Mapping[str, list[str]],
        consents: Mapping[tuple[str, str, str], bool] | None = None, uploaded: set[str] | None = None,
    ) -> None:  # fmt: skip
        self.as_of, self.zone = as_of, ZoneInfo(zone)
        self.definitions, self.scores, self.lists = definitions, scores, lists
        self.consents, self.uploaded = consents or {}, uploaded or set()

    def is_in(self, person: Person, who: Mapping[str, Any]) -> bool:
        if "all" in who:
            return all(self.is_in(person, each) for each in who["all"])
        if "any" in who:
            return any(self.is_in(person, each) for each in who["any"])
        if "none" in who:
            return not any(self.is_in(person, each) for each in who["none"])
        return self._leaf(person, who)

    def _leaf(self, person: Person, who: Mapping[str, Any]) -> bool:
        leaves = {
            "segment": self._member, "score": self._score, "consent": self._consent,
            "random_share": self._share, "sequence": self._sequence, "message": self._message,
        }  # fmt: skip
        for name, leaf in leaves.items():
            if name in who:
                return leaf(person, who)
        if "list" in who:
            return person.profile_id in self.uploaded
        if "attribute" in who:
            return self._attribute(getattr(person, who["attribute"]), who)
        if "did" in who or "did_not" in who:
            return bool(self._rows(person, who, who.get("within"))) == ("did" in who)
        return self._event(person, who)

    def _member(self, person: Person, who: Mapping[str, Any]) -> bool:
        name = who["segment"]
        listed = person.profile_id in self.lists.get(name, [])
        return listed or (name in self.definitions and self.is_in(person, self.definitions[name]))

    def _score(self, person: Person, who: Mapping[str, Any]) -> bool:
        score = self.scores.get(who["score"], {}).get(person.profile_id)
        if score is None or not math.isfinite(score):
            return self.is_in(person, who["fallback"])
        return self._ranks(score, who) if _side(who) else self._compare(score, who)

    def _consent(self, person: Person, who: Mapping[str, Any]) -> bool:
        said = self.consents.get((person.profile_id, who["consent"], who["channel"]))
        return {None: "unknown", True: "granted", False: "refused"}[said] == who["is"]

    def _share(self, person: Person, who: Mapping[str, Any]) -> bool:
        digest = hashlib.md5(f"{who['salt']}:{person.profile_id}".encode()).hexdigest()
        place, start = Fraction(int(digest[:8], 16), 2**32), Fraction(repr(who.get("from", 0)))
        return start <= place < start + Fraction(repr(who["random_share"]))

    def _event(self, person: Person, who: Mapping[str, Any]) -> bool:
        if "in_each" not in who:
            return self._measured(self._rows(person, who, who.get("within")), who)
        days = _days(who["in_each"])
        spans = [(days * (n + 1), days * n or None) for n in range(who["periods"])]
        return all(self._measured(self._rows(person, who, f"{a}d", until), who) for a, until in spans)

    def _measured(self, rows: list[Any], who: Mapping[str, Any]) -> bool:
        [word] = [each for each in _MEASURES if each in who]
        given, of = who[word], who[word].get("of")
        if word == "count":
            return self._compare(len(rows), given)
        if word == "days":
            return self._compare(len({at.astimezone(self.zone).date() for at, _ in rows}), given)
        if word in ("first", "last"):
            times = sorted(at for at, _ in rows)
            return bool(times) and self._attribute(times[0 if word == "first" else -1], given)
        texts = [text for _, each in rows if (text := property_text(_walk(each or {}, of))) is not None]
        if word == "distinct":
            return self._compare(len(set(texts)), given)
        return self._amounts([value for text in texts if (value := _amount(text)) is not None], word, given)

    def _amounts(self, values: list[Decimal], word: str, given: Mapping[str, Any]) -> bool:
        if word == "sum":
            return self._compare(sum(values, Decimal(0)), given)
        if not values:
            return False
        if word == "average":
            return self._compare(Fraction(sum(values)) / len(values), given)
        return self._compare(min(values) if word == "minimum" else max(values), given)

    def _sequence(self, person: Person, who: Mapping[str, Any]) -> bool:
        def times(step: Any) -> list[datetime]:
            return [at for at, _ in self._rows(person, step, who.get("within"))] if step else []

        gap = _gap(who["gap"]) if "gap" in who else None
        between = times(who.get("without"))
        return any(
            a < b and (gap is None or b - a <= gap) and not any(a <= c <= b for c in between)
            for a in times(who["sequence"][0])
            for b in times(who["sequence"][1])
        )

    def _message(self, person: Person, who: Mapping[str, Any]) -> bool:
        """What became of messages, from the events in which channels tell of them."""
        start = self._start(who["within"]) if "within" in who else None
        status, is_wanted = who.get("was") or who["was_not"], "was" in who
        told = [
            each
            for each in message_rows(person)
            if each["at"] < self.as_of and (start is None or each["at"] >= start)
        ]
        about = {
            "template": None if who["message"] == "any" else who["message"], "step_id": who.get("step"),
            "campaign": who.get("campaign") or who.get("journey"), "channel": who.get("channel"),
        }  # fmt: skip
        about = {key: unicodedata.normalize("NFC", text) for key, text in about.items() if text}
        mine = [each for each in told if about.items() <= each.items()]
        if status == "converted":
            later = [
                at
                for at, _ in self._rows(person, {"did": who.get("by", "Order Completed")}, who.get("within"))
            ]
            gap = _gap(who.get("gap", "7d"))
            sent = [each["at"] for each in mine if each["status"] == "sent"]
            return any(at < b <= at + gap for at in sent for b in later) == is_wanted
        found = {each["message_id"] for each in mine if each["status"] == status}
        if "of_last" not in who:
            return self._compare(len(found), who["count"]) if "count" in who else bool(found) == is_wanted
        sent = [each for each in mine if each["status"] == "sent"]
        last = [a for a in sent if sum(b["at"] > a["at"] for b in sent) < who["of_last"]]
        answered = {each["message_id"] for each in told if each["status"] == status}
        count = sum(each["message_id"] in answered for each in last)
        return self._compare(count, who["count"]) if "count" in who else (count > 0) == is_wanted

    def _ranks(self, score: float, who: Mapping[str, Any]) -> bool:
        side = _side(who)
        known = [each for each in self.known_scores(who["score"]) if math.isfinite(each)]
        rank = -(-len(known) * Fraction(repr(who[side])) // 100)
        ordered = sorted(known, reverse=side == "top_percent")
        threshold = ordered[int(rank) - 1]
        return score >= threshold if side == "top_percent" else score <= threshold

    def known_scores(self, model: str) -> list[float]:
        return list(self.scores.get(model, {}).values())

    def _start(self, days: str) -> datetime:
        return self._midnight(_days(days))

    def _midnight(self, count: int) -> datetime:
        local = self.as_of.astimezone(self.zone)
        midnight = datetime(local.year, local.month, local.day) - timedelta(days=count)
        return midnight.replace(tzinfo=self.zone).astimezone(UTC)

    def _attribute(self, value: Any, who: Mapping[str, Any]) -> bool:
        value = _finite(value)
        if "anniversary_within" in who:
            return value is not None and self._has_anniversary(value, _days(who["anniversary_within"]))
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
        if isinstance(value, Fraction):
            return Fraction(repr(operand))
        return Decimal(repr(operand)) if isinstance(value, Decimal) else operand

    def _has_anniversary(self, born: date, days: int) -> bool:
        today = self.as_of.astimezone(self.zone).date()
        for number in range(days):
            day = today + timedelta(days=number)
            is_common = not calendar.isleap(day.year)
            if (day.month, day.day) == (born.month, born.day):
                return True
            if is_common and (day.month, day.day) == (2, 28) and (born.month, born.day) == (2, 29):
                return True
        return False

    def _rows(
        self, person: Person, who: Mapping[str, Any], within: Any, until: int | None = None
    ) -> list[Any]:
        name = who.get("event") or who.get("did") or who.get("did_not")
        start = self._start(within) if within else None
        end = self.as_of if until is None else min(self.as_of, self._midnight(until))
        events: list[Any] = person.events
        if str(name).startswith("message:"):
            events = [(f"message:{row['status']}", row["at"], row) for row in message_rows(person)]
        return [
            (at, properties)
            for event, at, properties in events
            if event == name
            and at < end
            and (start is None or at >= start)
            and all(self._passes(properties or {}, key, each) for key, each in who.get("where", {}).items())
        ]

    def _passes(self, properties: Mapping[str, Any], key: str, given: Any) -> bool:
        who = given if isinstance(given, dict) else {"is": given}
        value = _walk(properties, key)
        [operand] = who.values()
        sample = operand[0] if isinstance(operand, list) else operand
        if "missing" in who:
            return self._compare(value, who)
        return self._compare(self._read(value, sample), who)

    @staticmethod
    def _read(value: Any, sample: Any) -> Any:
        """A property as what it is compared with."""
        text = property_text(value)
        if isinstance(sample, bool):
            return {"true": True, "false": False}.get(text or "")
        if isinstance(sample, str) or text is None:
            return text
        if not _NUMBER.fullmatch(text) or abs(Decimal(text)) >= Decimal(10) ** 19:
            return None
        return Decimal(text).quantize(Decimal("1e-9"), ROUND_HALF_UP)


_MEASURES = ("count", "days", "distinct", "sum", "average", "minimum", "maximum", "first", "last")


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _walk(properties: Any, key: str) -> Any:
    for part in key.split("."):
        properties = properties.get(part) if isinstance(properties, dict) else None
    return properties


def _amount(text: str) -> Decimal | None:
    if not _NUMBER.fullmatch(text):
        return None
    value = Decimal(text).quantize(_CENT, ROUND_HALF_UP)
    return value if abs(value) < Decimal(10) ** 14 else None


def _days(text: str) -> int:
    return int(text[:-1]) * (7 if text.endswith("w") else 1)


def _gap(text: str) -> timedelta:
    return timedelta(seconds=int(text[:-1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[text[-1]])


def _side(who: Mapping[str, Any]) -> str:
    return next((each for each in ("top_percent", "bottom_percent") if each in who), "")
