"""What becomes of bad input on its way in: every row lands, or is set aside with a reason, and both are counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from ingestion.compaction import compact
from ingestion.imports import import_events
from ingestion.live import LARGEST
from ingestion.odd_lines import DEEPEST
from ingestion.quarantine import quarantine_files
from kith.run import Run
from kith.settings import Settings
from kith.warehouse import Warehouse

pytestmark = pytest.mark.usefixtures("quick_judge")
AT = datetime(2026, 5, 1, tzinfo=UTC)


def track(**more: Any) -> dict[str, Any]:
    return {"type": "track", "event": "Seen", "userId": "u1", **more}


def nested(depth: int) -> bytes:
    inner = b'{"a":' * (depth - 2) + b"1" + b"}" * (depth - 2)
    return b'{"type":"track","event":"E","userId":"u","properties":{"a":' + inner + b"}}"


SET_ASIDE: dict[str, Any] = {
    "time_out_of_range": track(timestamp="1970-01-01T00:00:00Z"),
    "time_out_of_range ": track(timestamp="2099-01-01T00:00:00Z"),
    "too_large": track(properties={"text": "x" * LARGEST}),
    "too_deep": nested(DEEPEST + 1),
    "repeated_field": b'{"type":"track","event":"E","userId":"ann","userId":"bob"}',
    "not_a_number": b'{"type":"track","event":"E","userId":"u","properties":{"price":-Infinity}}',
    "not_json": b'{"type":"track","event":"E","userId":"u","properties":{"name":"\\udc00"}}',
    "not_json ": b'{"type":"track","event":"E\x00","userId":"u"}',
    "null_character": b'{"type":"track","event":"E","userId":"u","properties":{"a":"\\u0000"}}',
    "bad_identifier": track(userId={"id": 1}),
    "bad_identifier ": track(anonymousId=["a"]),
    "missing_identifier": track(userId=""),
}
KEPT: dict[str, Any] = {
    "deep enough": nested(DEEPEST),
    "many brackets side by side": track(properties={"rows": [[{"a": n}] for n in range(500)]}),
    "brackets in text": track(properties={"text": "[" * 500 + '"' + "{" * 500}),
    "a long identifier": track(userId="u" * 10_000),
    "a number": track(userId=-1),
    "null as text": track(userId="null", anonymousId="anonymous"),
    "a true identifier": track(userId=True),
    "a negative price": track(properties={"price": -5, "quantity": -1}),
    "a price of words": track(properties={"price": "a lot", "currency": "beads"}),
    "an amount past all bounds": track(properties={"total": 1e30}),
    "a key twice, further in": b'{"type":"track","event":"E","userId":"u","properties":{"a":1,"a":2}}',
    "a clock of 2099, told by itself": track(
        originalTimestamp="2099-01-01T00:00:00Z", sentAt="2099-01-01T00:00:05Z"
    ),
    "a long messageId": track(messageId="m" * 10_000),
}


def fates(settings: Settings) -> dict[tuple[str, str], int]:
    with Warehouse(settings) as warehouse:
        warehouse.attach_lake("quality")
        rows = warehouse.rows(
            "SELECT fate, reason, sum(row_count)::INT AS n FROM lake_quality_fates GROUP BY ALL"
        )
    return {(row["fate"], row["reason"]): row["n"] for row in rows}


@pytest.fixture
def landed(settings: Settings, land: Callable[..., str], run: Run) -> Any:
    # Enough good rows around them that the batch as a whole is not held.
    good = [track(messageId=f"good{number}") for number in range(100)]
    land([*SET_ASIDE.values(), *KEPT.values(), *good])
    return compact(settings, run)


def test_bad_lines__are_all_accounted_for(landed: Any) -> None:
    assert landed.rows_in == len(SET_ASIDE) + len(KEPT) + 100
    assert landed.rows_quarantined == len(SET_ASIDE)
    assert landed.rows_in == landed.rows_landed + landed.rows_set_aside


def test_bad_lines__are_set_aside_whole_with_their_reason(landed: Any, home: Any) -> None:
    (file,) = quarantine_files(home)
    rows = file.rows().to_pylist()
    wanted = [(reason.strip(), _bytes(line)) for reason, line in SET_ASIDE.items()]
    assert [(row["reason"], row["raw"]) for row in sorted(rows, key=lambda row: row["position"])] == wanted


def test_bad_lines__fates_are_counted_in_the_lake(settings: Settings, landed: Any) -> None:
    found = fates(settings)
    aside = {reason: count for (fate, reason), count in found.items() if fate == "set_aside"}
    assert sum(aside.values()) == landed.rows_set_aside
    assert (aside["time_out_of_range"], aside["bad_identifier"], aside["too_deep"]) == (2, 2, 1)
    assert found["corrected", "clock_skew"] == 1
    assert found["corrected", "long_message_id"] == 1


def test_clocks__that_say_what_they_say_are_corrected(landed: Any, events: Callable[[], list[dict]]) -> None:
    assert {row["occurred_at"].year for row in events()} == {2026}


def test_long_message_ids__still_meet_their_copies(settings, land, run, events) -> None:
    land([track(messageId="m" * 10_000), track(messageId="m" * 10_000), track(messageId="m" * 9_999)])
    compact(settings, run)
    ids = [row["event_id"] for row in events()]
    assert (len(set(ids)), max(map(len, ids))) == (2, 32)


@pytest.mark.parametrize(
    ("day", "passes"), [("1970-01-01", False), ("2099-12-31", False), ("1990-01-01", True), ("2026-05-02", True)]
)  # fmt: skip
def test_imports__of_no_arrival_are_not_their_own_witness(settings, write, home, day, passes) -> None:
    mapping = write("shop.yml", "source: shop\nevents: {sale: {event: Sale, time: at, user_id: who}}\n")
    file = write("sales.csv", f"who,at\nann,{day}\nbob,2026-01-01\n")
    done = import_events(settings, file, mapping, AT)
    assert (done.rows_in, done.rows_landed) == (2, 1 + passes)
    assert done.rows_in == done.rows_landed + done.rows_quarantined
    assert fates(settings) == ({} if passes else {("set_aside", "time_out_of_range"): 1})


def test_late_rows__are_counted_as_corrected(settings, land, run, clock) -> None:
    land([track(messageId="a")])
    compact(settings, replace(run, previous_as_of=clock.now() + timedelta(minutes=5)))
    assert fates(settings) == {("corrected", "late_for_the_run"): 1}


def _bytes(line: Any) -> bytes:
    return line if isinstance(line, bytes) else orjson.dumps(line)
