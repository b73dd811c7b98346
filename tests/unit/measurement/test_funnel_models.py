"""The warehouse's funnels against the reference, on people who do things at random, many at once."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kith.definitions import Definition
from kith.ids import bucket
from measurement.funnel_rows import funnel_rows
from measurement.funnels import Funnel
from tests.unit.measurement.compiled import build
from tests.unit.measurement.funnel_reference import Act, Attempt, best_attempt

AS_OF = datetime(2026, 5, 1, tzinfo=UTC)
HOUR = 3_600_000_000
MODELS = (
    "int_funnel_acts__gathered",
    "int_funnel_acts__judged",
    "int_funnel_steps__done",
    "int_funnel_steps__entered",
    "int_funnel_links__repeated",
    "int_funnel_steps__pointed",
    "int_funnel_steps__linked",
    "int_funnel_attempts__ordered",
    "int_funnel_baskets__ahead",
    "int_funnel_attempts__unordered",
    "int_funnel_attempts__chosen",
    "int_funnel_profiles__placed",
    "int_funnel_steps__reached",
    "funnels",
)
A, B, C = ({"event": name} for name in "ABC")
DEAR = {"event": "A", "where": {"price": {"at_least": 2}}}
ODD = {"event": "B", "where": {"kind": {"in": ["x", 1]}, "price": {"missing": False}}}
SHAPES: dict[str, dict[str, Any]] = {
    "plain": {"steps": [A, B, C]},
    "first": {"steps": [A, B, C], "attempts": "first"},
    "strict": {"steps": [A, B, C], "order": "strict"},
    "strict_again": {"steps": [A, A, B], "order": "strict"},
    "again": {"steps": [A, B, A, A]},
    "any": {"steps": [A, B, C], "order": "any"},
    "any_first": {"steps": [DEAR, ODD, C], "order": "any", "attempts": "first"},
    "filtered": {"steps": [DEAR, ODD, A], "breakdown": {"property": "kind"}},
    "overlapping": {"steps": [A, DEAR, {"event": "A", "where": {"kind": {"is_not": "x"}}}]},
    "ordering": {"steps": [A, {"order": "completed", "where": {"net_amount": {"greater": 5}}}]},
    "visiting": {"steps": [{"session": "started", "where": {"device": "mobile"}}, B], "within": "1h"},
    "plain_again": {"steps": [A, B, C], "within": "1h", "period": "6h", "attempts": "first"},
    "any_twice": {"steps": [A, A, B], "order": "any", "period": "8h"},
    "recent": {"steps": [A, B], "period": "5h", "within": "2h"},
}


def definition(name: str, **body: Any) -> Definition[Funnel]:
    document = {"name": name, "within": "3h", "period": "1d", **body}
    return Definition(name, "funnels", "v", Path(name), Funnel.model_validate(document), document, None)  # type: ignore[arg-type]


FUNNELS = [definition(name, **body) for name, body in SHAPES.items()]


@st.composite
def an_act(draw: st.DrawFn) -> Act:
    """Half hours, so that instants are often equal and windows end on an act."""
    at = round(AS_OF.timestamp() * 1e6) - draw(st.integers(-1, 30)) * HOUR // 2
    name = draw(st.sampled_from(["A", "B", "C", "D", "order", "session"]))
    if name == "order":
        return Act("order", at, {"net_amount": draw(st.sampled_from(["4.0000", "6.0000"]))}, is_visit=False)
    if name == "session":
        return Act("session", at, {"device": draw(st.sampled_from(["mobile", "desktop"]))}, is_visit=False)
    kind = draw(st.sampled_from([{}, {"kind": "x"}, {"kind": "1"}, {"kind": "y"}]))
    price = draw(st.sampled_from([{}, {"price": "1"}, {"price": "2"}, {"price": "2.5"}, {"price": "dear"}]))
    return Act(f"track:{name}", at, kind | price)


def drawn(person: int) -> list[Act]:
    """A person of the crowd: what it does is a hash of its number."""

    def draw(subject: str, below: int) -> int:
        return bucket(f"{person}-{subject}", "crowd") % below

    found = []
    for place in range(draw("count", 10)):
        at = round(AS_OF.timestamp() * 1e6) - (draw(f"at{place}", 32) - 1) * HOUR // 2
        name = "ABABCD"[draw(f"name{place}", 6)]
        if (kind := draw(f"kind{place}", 8)) < 2:
            order = Act("order", at, {"net_amount": ("4.0000", "6.0000")[kind]}, is_visit=False)
            found.append(order if kind else Act("session", at, {"device": "mobile"}, is_visit=False))
            continue
        kinds = [{}, {"kind": "x"}, {"kind": "1"}, {"kind": "y"}][draw(f"text{place}", 4)]
        prices = [{}, {"price": "1"}, {"price": "2"}, {"price": "dear"}][draw(f"price{place}", 4)]
        found.append(Act(f"track:{name}", at, kinds | prices))
    return found


CROWD = [drawn(person) for person in range(1_500)]
PEOPLE = st.lists(st.lists(an_act(), max_size=9), min_size=1, max_size=25)


def laid(people: list[list[Act]]) -> dict[str, pa.Table]:
    """The tables that the models read."""
    rows: dict[str, list[dict[str, Any]]] = {"events": [], "orders": [], "sessions": []}
    for number, acts in enumerate(people):
        for place, act in enumerate(acts):
            rows[{"order": "orders", "session": "sessions"}.get(act.act, "events")].append(
                _row(f"p{number}", f"{number}-{place}", act)
            )
    for table, row in _without_effect().items():
        rows[table].append({"profile_id": "p0", **row})
    profiles = [{"profile_id": f"p{n}", "is_bot": False} for n in range(len(people))]
    text, instant, flag = pa.string(), pa.timestamp("us"), pa.bool_()
    return {
        "events": _table(
            rows["events"], event_id=text, profile_id=text, occurred_at=instant, anonymous_id=text,
            user_id=text, type=text, event=text, properties=text,
        ),
        "orders": _table(
            rows["orders"], order_id=text, profile_id=text, ordered_at=instant, has_completion=flag,
            is_cancelled=flag, order_amount=text, net_amount=text, discount_amount=text, currency=text,
            status=text, line_count=pa.int64(), source=text,
        ),
        "sessions": _table(
            rows["sessions"], session_id=text, profile_id=text, anonymous_id=text, user_id=text,
            started_at=instant, ended_at=instant, is_bot=flag, channel=text, channel_group=text, device=text,
            page_count=pa.int64(), event_count=pa.int64(), order_count=pa.int64(),
        ),
        "profiles": _table(
            profiles, profile_id=text, is_bot=flag, country=text, city=text, locale=text, usual_device=text,
            favourite_category=text,
        ),
        "int_message_feedback__classified": _table([], event_id=text, is_machine=flag),
        "stg_kith__runs": _table([{"as_of": AS_OF.replace(tzinfo=None)}], as_of=instant),
        "stg_kith__funnel_steps": funnel_rows(FUNNELS),
    }  # fmt: skip


def _without_effect() -> dict[str, dict[str, Any]]:
    """An order that was cancelled, and a machine's visit with an event of it: none of them is an act."""
    end = AS_OF.replace(tzinfo=None)
    robot = {"anonymous_id": "robot", "device": "mobile"}
    return {
        "orders": {"order_id": "gone", "ordered_at": end - timedelta(hours=1), "has_completion": True,
                   "is_cancelled": True, "net_amount": "9"},
        "sessions": {**robot, "session_id": "robot", "started_at": end - timedelta(microseconds=2),
                     "ended_at": end - timedelta(microseconds=1), "is_bot": True},
        "events": {**robot, "event_id": "robot", "type": "track", "event": "A", "properties": "{}",
                   "occurred_at": end - timedelta(microseconds=1)},
    }  # fmt: skip


def _row(profile: str, key: str, act: Act) -> dict[str, Any]:
    at = datetime(1970, 1, 1) + timedelta(microseconds=act.at)
    shared = {"profile_id": profile, "anonymous_id": profile}
    if act.act == "order":
        return {**shared, **act.properties, "order_id": key, "ordered_at": at, "has_completion": True,
                "is_cancelled": False}  # fmt: skip
    if act.act == "session":
        return {
            **shared,
            **act.properties,
            "session_id": key,
            "started_at": at,
            "ended_at": at,
            "is_bot": False,
        }
    return {**shared, "event_id": key, "occurred_at": at, "type": "track", "event": act.act[6:],
            "properties": json.dumps(act.properties)}  # fmt: skip


def _table(rows: list[dict[str, Any]], **columns: pa.DataType) -> pa.Table:
    full = [{name: row.get(name) for name in columns} for row in rows]
    return pa.Table.from_pylist(full, schema=pa.schema(list(columns.items())))


def expected(people: list[list[Act]]) -> dict[tuple[str, str], tuple[int, ...]]:
    as_of = round(AS_OF.timestamp() * 1e6)
    found: dict[tuple[str, str], Attempt | None] = {
        (each.name, f"p{number}"): best_attempt(each.body, acts, as_of)
        for each in FUNNELS
        for number, acts in enumerate(people)
    }
    return {key: attempt.times for key, attempt in found.items() if attempt}


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@example(people=CROWD)
@given(people=PEOPLE)
def test_funnels__say_of_everybody_at_once_what_the_reference_says_of_each(people: list[list[Act]]) -> None:
    rows = build(MODELS, **laid(people))
    attempts = {
        (row["funnel"], row["profile_id"]): tuple(row[f"step_{n}"] for n in range(1, row["depth"] + 1))
        for row in rows["int_funnel_attempts__chosen"]
    }
    wanted = expected(people)
    assert attempts == wanted
    for row in rows["funnels"]:
        if row["breakdown_value"] == "(all)":
            reached = [
                times
                for (funnel, _), times in wanted.items()
                if funnel == row["funnel"] and len(times) >= row["step_number"]
            ]
            assert row["reached_count"] == len(reached)
            if reached and row["step_number"] > 1:
                spans = sorted(times[row["step_number"] - 1] - times[0] for times in reached)
                assert row["median_seconds_from_first"] * 1e6 == spans[(len(spans) + 1) // 2 - 1]
                assert row["p90_seconds_from_first"] * 1e6 == spans[-(-len(spans) * 9 // 10) - 1]
    _check_breakdowns(rows["funnels"])


def _check_breakdowns(rows: list[dict[str, Any]]) -> None:
    """The values of a breakdown sum to everybody."""
    for step in (1, 2, 3):
        chosen = [row for row in rows if row["funnel"] == "filtered" and row["step_number"] == step]
        whole = sum(row["reached_count"] for row in chosen if row["breakdown_value"] == "(all)")
        assert whole == sum(row["reached_count"] for row in chosen if row["breakdown_value"] != "(all)")
