"""Held batches wait, are released or discarded; quarantined rows are judged again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow.parquet as pq
import pytest

from ingestion import held as held_module
from ingestion import live
from ingestion import replay as replay_module
from ingestion.compaction import compact
from ingestion.held import discard, held_batches, release
from ingestion.imports import import_events
from ingestion.quarantine import quarantine_files
from ingestion.replay import replay
from kith.errors import KithError
from kith.lake import commits

pytestmark = pytest.mark.usefixtures("quick_judge")
AT = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture
def held(settings, home, land, run) -> str:
    """One live batch of a row, held for thirty bad ones."""
    land([b"bad"] * 30 + [{"type": "track", "event": "E", "userId": "u", "messageId": "m"}])
    assert compact(settings, run).rows_held == 1
    return held_batches(home)[0].verdict.batch_id


def test_release__lands_the_rows_from_the_last_as_of_on(settings, home, held, events) -> None:
    last = AT + timedelta(days=9)
    release(home, held, last)
    (row,) = events()
    assert (row["event_id"], row["effective_at"]) == ("m", last.replace(tzinfo=None))
    assert held_batches(home) == []
    assert commits(home, "events")[-1].meta["rows_raised"] == 1


def test_release__keeps_segments_done(settings, home, held, run) -> None:
    release(home, held, None)
    assert compact(settings, run).rows_in == 0


def test_release__after_a_crash_between_commit_and_clearing_lands_once(
    home, held, events, monkeypatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(held_module, "record", lambda home: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            release(home, held, None)
    assert release(home, held, None) == commits(home, "events")[-1].name
    assert len(events()) == 1
    assert held_batches(home) == []


def test_discard__keeps_the_verdict_and_the_segments_done(settings, home, held, run, events) -> None:
    assert discard(home, held) == 1
    (batch,) = held_batches(home)
    assert (batch.status, list(batch.path.glob("events/**/*.parquet"))) == ("discarded", [])
    assert compact(settings, run).rows_in == 0
    assert events() == []


def test_held__an_unknown_batch_lists_the_known(home, held) -> None:
    with pytest.raises(KithError, match=held):
        release(home, "nothing", None)
    discard(home, held)
    with pytest.raises(KithError, match="none is held"):
        discard(home, held)


def test_held__a_verdict_is_recorded_while_it_waits(home, held) -> None:
    rows = [
        row for each in commits(home, "quality") for row in pq.read_table(each.table("checks")).to_pylist()
    ]
    failed = [row for row in rows if not row["is_passed"]]
    assert [(row["check_name"], row["rows_landed"], row["rows_set_aside"]) for row in failed] == [
        ("set_aside_share", 0, 31)
    ]


def test_replay__lands_what_passes_by_todays_rules(settings, home, land, run, events, monkeypatch) -> None:
    sale = {"type": "sale", "event": "E", "userId": "u", "messageId": "m"}
    land([sale, b"{broken", {"type": "track", "event": "E", "userId": "v", "messageId": "n"}])
    compact(settings, run)
    (done,) = replay(settings, [], AT, None)
    assert (done.rows_in, done.rows_landed, done.rows_kept) == (2, 0, 2)
    monkeypatch.setattr(live, "EVENT_TYPES", (*live.EVENT_TYPES, "sale"))
    last = AT + timedelta(days=3)
    (done,) = replay(settings, [], AT, last)
    assert (done.rows_in, done.rows_landed, done.rows_kept) == (2, 1, 1)
    landed = {row["event_id"]: row for row in events()}
    assert set(landed) == {"m", "n"}
    assert landed["m"]["effective_at"] == last.replace(tzinfo=None)
    assert [row["raw"] for row in quarantine_files(home)[0].rows().to_pylist()] == [b"{broken"]
    assert replay(settings, [], AT, last)[0].rows_landed == 0


def test_replay__after_a_crash_before_the_file_is_rewritten_lands_once(
    settings, home, land, run, events, monkeypatch
) -> None:
    land([{"type": "sale", "event": "E", "userId": "u", "messageId": "m"}])
    compact(settings, run)
    monkeypatch.setattr(live, "EVENT_TYPES", (*live.EVENT_TYPES, "sale"))
    with monkeypatch.context() as patch:
        patch.setattr(replay_module, "set_aside", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            replay(settings, [], AT, None)
    replay(settings, [], AT, None)
    assert len(events()) == 1
    assert quarantine_files(home) == []


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_replay__an_import_with_a_corrected_mapping(settings, home, write, events, kind) -> None:
    mapping = """
source: shop
format: {delimiter: ","}
events:
  sale: {event: Sale, time: at, user_id: who, properties: {order_id: id, n: {column: n, as: integer}}}
"""
    if kind == "csv":
        text = "id,who,at,n\n1,a,2026-01-01,1\n2,b,2026-01-01,many\n2,b,2026-01-01,many\n3,c,2026-01-01\n"
    else:
        row = '{"id":"%s","who":"%s","at":"2026-01-01","n":"%s"}\n'
        text = row % (1, "a", 1) + row % (2, "b", "many") + row % (2, "b", "many") + "{broken\n"
    done = import_events(settings, write(f"s.{kind}", text), write("shop.yml", mapping), AT)
    assert (done.rows_landed, done.rows_quarantined) == (1, 3)
    corrected = write("shop.yml", mapping.replace(", as: integer", ""))
    (replayed,) = replay(settings, [done.batch_id], AT, None, corrected)
    assert (replayed.rows_in, replayed.rows_landed, replayed.rows_kept) == (3, 2, 1)
    rows = events()
    assert len({row["event_id"] for row in rows}) == 3
    assert {row["user_id"] for row in rows} == {"a", "b"}


def test_replay__an_unknown_name_lists_what_there_is(settings) -> None:
    with pytest.raises(KithError, match="nothing named x"):
        replay(settings, ["x"], AT, None)
