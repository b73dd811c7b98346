"""What must hold of any log, read off it afterwards: caps, quiet hours, consent at its moment. No engine is asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from activation.gates._caps import Cap, Limit
from activation.journeys.deciding.policy import Policy
from activation.journeys.deciding.quiet_hours import WEEKDAYS, QuietHours


@dataclass(frozen=True)
class Sent:
    """One message that was planned to be sent; `zone` is the person's."""

    message_id: str
    profile_id: str
    journey: str
    channel: str
    purpose: str
    tags: tuple[str, ...]
    decided_at: datetime
    zone: str
    is_transactional: bool = False

    @property
    def shown(self) -> datetime:
        """The person's wall clock at the decision."""
        return self.decided_at.astimezone(ZoneInfo(self.zone))


@dataclass(frozen=True)
class Breach:
    """A rule that a message breaks."""

    message_id: str
    rule: str


def sent_of(
    rows: Iterable[Mapping[str, Any]], zones: Mapping[str, str], workspace: str = "UTC"
) -> list[Sent]:
    """The sends among rows of the outbox, in the order of their decisions."""
    found = [
        Sent(
            *(row[name] for name in ("message_id", "profile_id", "journey", "channel", "purpose")),
            tags=tuple(row["tags"] or ()),
            decided_at=row["decided_at"].replace(tzinfo=UTC),
            zone=zones.get(row["profile_id"]) or workspace,
            is_transactional=row["is_transactional"],
        )
        for row in rows
        if row["decision"] == "send"
    ]
    return sorted(found, key=lambda each: (each.decided_at, each.message_id))


def breaches(
    sent: Sequence[Sent], policy: Policy, obeys: Mapping[str, Sequence[str]], loud: Sequence[str] = ()
) -> list[Breach]:
    """Every breach of a cap that a journey obeys (`obeys` names them by journey) or of quiet hours; messages of
    journeys in `loud` leave quiet hours aside."""
    marketing = [each for each in sent if not each.is_transactional]
    found = [each for cap in policy.caps.values() for each in _over(cap, marketing, obeys)]
    for each in marketing:
        if each.journey not in loud:
            found += [
                Breach(each.message_id, f"quiet hours {q.begins}")
                for q in policy.quiet_hours
                if _rests(q, each)
            ]
    return found


def _over(cap: Cap, sent: Sequence[Sent], obeys: Mapping[str, Sequence[str]]) -> Iterator[Breach]:
    people: dict[str, list[Sent]] = defaultdict(list)
    for each in sent:
        if cap.counts(each.purpose, each.channel, each.tags):
            people[each.profile_id].append(each)
    for messages in people.values():
        for limit in cap.limits:
            for number, each in enumerate(messages):
                before = messages[: number + 1]
                if cap.name in obeys.get(each.journey, ()) and _count(limit, before, each) > limit.at_most:
                    yield Breach(each.message_id, f"{cap.name}: at most {limit.at_most} per {limit.per}")


def _count(limit: Limit, messages: Sequence[Sent], last: Sent) -> int:
    """How many fall into the window that ends with the last one, itself included."""
    if not limit.microseconds:
        return sum(_page(each, limit.per) == _page(last, limit.per) for each in messages)
    width = timedelta(microseconds=limit.microseconds)
    return sum(last.decided_at - width < each.decided_at for each in messages)


def _page(sent: Sent, calendar: str) -> object:
    day: date = sent.shown.date()
    return {"local day": day, "local week": day.isocalendar()[:2], "local month": (day.year, day.month)}[
        calendar
    ]


def _rests(quiet: QuietHours, sent: Sent) -> bool:
    """Whether the wall clock shows a quiet time; one over midnight belongs to the day on which it began."""
    if not quiet.binds([sent.channel]):
        return False
    shown, clock = sent.shown, sent.shown.strftime("%H:%M")
    today, yesterday = WEEKDAYS[shown.weekday()], WEEKDAYS[shown.weekday() - 1]
    days = WEEKDAYS if quiet.days == "all" else quiet.days
    if quiet.begins < quiet.ends:
        return today in days and quiet.begins <= clock < quiet.ends
    return (today in days and clock >= quiet.begins) or (yesterday in days and clock < quiet.ends)


def without_consent(rows: Iterable[Mapping[str, Any]], words: Iterable[Mapping[str, Any]]) -> list[Breach]:
    """Marketing sends none of whose identifiers had a grant in force at the decision, by the words as they were told:
    rows of `consent_history`, of which each holds in [known_from, known_to)."""
    granted: dict[tuple[str, ...], list[tuple[datetime, datetime | None]]] = defaultdict(list)
    for word in words:
        if word["is_granted"]:
            names = ("identifier_type", "identifier_value", "purpose", "channel")
            granted[tuple(word[name] for name in names)].append((word["known_from"], word["known_to"]))
    return [
        Breach(row["message_id"], "no consent")
        for row in rows
        if row["decision"] == "send" and not row["is_transactional"] and not _may(row, granted)
    ]


def _may(
    row: Mapping[str, Any], granted: Mapping[tuple[str, ...], Sequence[tuple[datetime, datetime | None]]]
) -> bool:
    import json

    moment = row["decided_at"]
    for kind, value in json.loads(row["identifiers"]):
        for since, until in granted.get((kind, value, row["purpose"], row["channel"]), ()):
            if since <= moment and (until is None or moment < until):
                return True
    return False
