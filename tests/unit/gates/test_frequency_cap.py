"""Caps: the fold over everybody equals a plain loop over one person, and no cap is ever exceeded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activation.gates._caps import Cap, Limit
from activation.gates.contract import PlanView
from activation.gates.frequency_cap import plugin

START = datetime(2026, 5, 1)
HOUR = timedelta(hours=1)
_TEXT, _INSTANT = pa.string(), pa.timestamp("us")
PAST_SENDS = pa.schema([("profile_id", _TEXT), ("channel", _TEXT), ("purpose", _TEXT), ("sent_at", _INSTANT)])
REFUSALS = pa.schema([("message_id", _TEXT), ("reason", _TEXT)])
CANDIDATES = pa.schema(
    [(name, _TEXT) for name in ("message_id", "profile_id", "channel", "purpose")]
    + [("decided_at", _INSTANT), ("is_holdout", pa.bool_()), ("is_transactional", pa.bool_())]
    + [("depth", pa.int64()), ("priority", pa.int64())]
    + [(name, _TEXT) for name in ("journey", "step_id", "enrolment_id")]
)


@dataclass(frozen=True)
class Message:
    person: str
    hour: int
    journey: str
    priority: int = 100
    channel: str = "email"
    purpose: str = "marketing"
    is_holdout: bool = False
    is_past: bool = False

    @property
    def at(self) -> datetime:
        return START + self.hour * HOUR


def judge(messages: list[Message], caps: list[Cap], obeys: dict[str, frozenset[str]]) -> dict[str, str]:
    """The refusals by message id (its place in the list)."""
    connection = duckdb.connect(config={"threads": 1})
    ids = [(f"{number:04}", m) for number, m in enumerate(messages)]
    candidates = [_candidate(name, m) for name, m in ids if not m.is_past]
    past = [
        {"profile_id": m.person, "channel": m.channel, "purpose": m.purpose, "sent_at": m.at}
        for m in messages
        if m.is_past
    ]
    held = [{"message_id": name, "reason": "holdout"} for name, m in ids if m.is_holdout and not m.is_past]
    for name, rows, schema in (
        ("candidates", candidates, CANDIDATES),
        ("past_sends", past, PAST_SENDS),
        ("refusals", held, REFUSALS),
    ):
        connection.register(name, pa.Table.from_pylist(rows, schema=schema))
    view = PlanView(connection, caps, obeys)
    return dict(connection.execute(plugin.refusals(view)).fetchall())


def _candidate(name: str, message: Message) -> dict[str, object]:
    return {
        "message_id": name,
        "profile_id": message.person,
        "channel": message.channel,
        "purpose": message.purpose,
        "decided_at": message.at,
        "is_holdout": message.is_holdout,
        "is_transactional": False,
        "depth": 0,
        "priority": message.priority,
        "journey": message.journey,
        "step_id": "s",
        "enrolment_id": "e",
    }


def expected(messages: list[Message], caps: list[Cap], obeys: dict[str, frozenset[str]]) -> dict[str, str]:
    """One person, one message at a time."""
    refusals: dict[str, str] = {}
    sent: dict[str, list[Message]] = {}
    order = sorted(
        enumerate(messages), key=lambda pair: (pair[1].at, not pair[1].is_past, *_rank(pair[1]), pair[0])
    )
    for number, message in order:
        mine = sent.setdefault(message.person, [])
        detail = None if message.is_past else _broken(message, mine, caps, obeys)
        if detail:
            refusals[f"{number:04}"] = detail
        elif message.is_past or not message.is_holdout:
            mine.append(message)
    return refusals


def _rank(message: Message) -> tuple[int, str]:
    return (0, "") if message.is_past else (message.priority, message.journey)


def _broken(
    message: Message, sent: list[Message], caps: list[Cap], obeys: dict[str, frozenset[str]]
) -> str | None:
    for cap in caps:
        if cap.name not in obeys.get(message.journey, ()) or not cap.counts(message.purpose, message.channel):
            continue
        for limit in cap.limits:
            since = message.at - timedelta(microseconds=limit.microseconds)
            places = [
                each
                for each in sent
                if cap.counts(each.purpose, each.channel) and since < each.at <= message.at
            ]
            if len(places) >= limit.at_most:
                return f"{cap.name}: at most {limit.at_most} per {limit.per}"
    return None


def cap(name: str, *limits: tuple[int, str], channels: object = "all") -> Cap:
    return Cap(name=name, channels=channels, limits=tuple(Limit(at_most=n, per=per) for n, per in limits))  # type: ignore[arg-type]


ALL = {journey: frozenset({"day", "mail"}) for journey in "abc"}
FREE = ALL | {"c": frozenset({"mail"})}
CAPS = [cap("day", (1, "2h"), (3, "6h")), cap("mail", (2, "4h"), channels=("email",))]

messages = st.lists(
    st.builds(
        Message,
        person=st.sampled_from("xyz"),
        hour=st.integers(0, 9),
        journey=st.sampled_from("abc"),
        priority=st.sampled_from([1, 2]),
        channel=st.sampled_from(["email", "sms"]),
        purpose=st.sampled_from(["marketing", "marketing", "service"]),
        is_holdout=st.booleans(),
        is_past=st.booleans(),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(messages, st.sampled_from([ALL, FREE]))
def test_caps__fold_equals_one_person_at_a_time(
    found: list[Message], obeys: dict[str, frozenset[str]]
) -> None:
    assert judge(found, CAPS, obeys) == expected(found, CAPS, obeys)


@settings(max_examples=40, deadline=None)
@given(messages)
def test_caps__are_never_exceeded(found: list[Message]) -> None:
    """Counts what was let through, by brute force; what lay in the past may have broken a cap on its own."""
    found = [each for each in found if not each.is_past]
    refusals = judge(found, CAPS, ALL)
    sent = [m for n, m in enumerate(found) if f"{n:04}" not in refusals and not m.is_holdout]
    for each_cap in CAPS:
        counted = [m for m in sent if each_cap.counts(m.purpose, m.channel)]
        for limit in each_cap.limits:
            width = timedelta(microseconds=limit.microseconds)
            for last in counted:
                window = [m for m in counted if m.person == last.person and last.at - width < m.at <= last.at]
                assert len(window) <= limit.at_most


def test_caps__a_window_leaves_out_its_far_edge() -> None:
    one_a_day = [cap("day", (1, "1d"))]
    obeys = {"a": frozenset({"day"})}
    past = Message("x", 0, "a", is_past=True)
    assert judge([past, Message("x", 24, "a")], one_a_day, obeys) == {}
    assert judge([past, Message("x", 23, "a")], one_a_day, obeys) == {"0001": "day: at most 1 per 1d"}


def test_caps__a_holdout_person_is_judged_but_takes_no_place() -> None:
    one_a_day = [cap("day", (1, "1d"))]
    obeys = {"a": frozenset({"day"}), "b": frozenset({"day"})}
    held, free = Message("x", 5, "a", is_holdout=True), Message("x", 5, "b")
    assert judge([held, free], one_a_day, obeys) == {}
    assert set(judge([Message("x", 4, "b", is_past=True), held], one_a_day, obeys)) == {"0001"}


def test_caps__the_lower_priority_is_judged_first() -> None:
    one_a_day = [cap("day", (1, "1d"))]
    obeys = {"a": frozenset({"day"}), "b": frozenset({"day"})}
    refusals = judge([Message("x", 5, "a", priority=9), Message("x", 5, "b", priority=1)], one_a_day, obeys)
    assert set(refusals) == {"0000"}


@pytest.mark.parametrize("per", ["7", "7 days", "1y", ""])
def test_limit__refuses_what_is_no_duration(per: str) -> None:
    with pytest.raises(Exception, match="no duration"):
        Limit(at_most=1, per=per)


def test_cap__counts_its_purpose_on_its_channels_alone() -> None:
    mail = cap("mail", (1, "1d"), channels=("email",))
    asked = [("marketing", "email"), ("marketing", "sms"), ("service", "email")]
    assert [mail.counts(*each) for each in asked] == [True, False, False]
    assert [cap("any", (1, "1d")).counts(*each) for each in asked] == [True, True, False]
