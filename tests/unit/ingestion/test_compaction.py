"""Landing to lake: everything once, everything accounted for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from ingestion import compaction
from ingestion.compaction import compact
from ingestion.held import held_batches
from ingestion.quarantine import quarantine_files
from kith.clock import FixedClock
from kith.events import EVENT_SCHEMA
from kith.init import initialise
from kith.lake import Home, commits
from kith.landing import LandingLog
from kith.run import begin_run
from kith.settings import Settings

pytestmark = pytest.mark.usefixtures("quick_judge")


def track(number: int, **more: Any) -> dict[str, Any]:
    return {"type": "track", "event": "Seen", "userId": f"u{number}", "messageId": f"m{number}", **more}


def test_compaction__lands_what_was_received(settings, home, land, run, events) -> None:
    batch_id = land([track(1), track(2), b"{broken"])
    done = compact(settings, run)
    assert (done.rows_in, done.rows_landed, done.rows_quarantined, done.rows_held) == (3, 2, 1, 0)
    rows = events()
    assert [row["event_id"] for row in rows] == ["m1", "m2"]
    assert {(row["batch_id"], row["source"], row["commit_name"]) for row in rows} == {
        (batch_id, "web", done.commit)
    }
    (file,) = quarantine_files(home)
    (row,) = file.rows().to_pylist()
    assert (row["line"], row["reason"], row["raw"], row["source"]) == (3, "not_json", b"{broken", "web")


def test_compaction__a_second_run_with_nothing_new_changes_nothing(settings, home, land, run, clock) -> None:
    land([track(1)])
    compact(settings, run)
    before = sorted(str(path) for path in home.root.rglob("*"))
    assert compact(settings, run).rows_in == 0
    assert sorted(str(path) for path in home.root.rglob("*")) == before


def test_compaction__lands_only_what_came_since(settings, land, run, events) -> None:
    land([track(1)])
    compact(settings, run)
    land([track(2)])
    done = compact(settings, run)
    assert (done.rows_in, len(events())) == (1, 2)


def test_compaction__files_lie_by_the_day_of_arrival_in_the_lakes_schema(
    settings, home, land, run, clock
) -> None:
    land([track(1), track(2)], received_at=clock.now() - timedelta(days=3))
    land([track(3)])
    done = compact(settings, run)
    files = sorted((home.lake / "events" / str(done.commit)).glob("received_on=*/*.parquet"))
    assert [path.parent.name for path in files] == ["received_on=2026-04-28", "received_on=2026-05-01"]
    assert all(pq.ParquetFile(path).schema_arrow.equals(EVENT_SCHEMA) for path in files)
    assert [pq.ParquetFile(path).metadata.num_rows for path in files] == [2, 1]


def test_compaction__duplicates_stay_for_the_warehouse_to_judge(settings, land, run, events) -> None:
    land([track(1), track(1)])
    assert compact(settings, run).rows_landed == 2
    assert len(events()) == 2


def test_compaction__bytes_that_are_no_text_are_set_aside_whole(settings, home, land, run) -> None:
    land([b'{"type":"track","event":"\xff"}', track(1)])
    assert compact(settings, run).rows_quarantined == 1
    (file,) = quarantine_files(home)
    assert file.rows().to_pylist()[0]["raw"] == b'{"type":"track","event":"\xff"}'


def test_compaction__live_rows_never_count_before_the_last_as_of(settings, land, clock, events) -> None:
    from dataclasses import replace

    run = begin_run(settings, clock)
    later = replace(run, previous_as_of=clock.now() + timedelta(minutes=5))
    land([track(1)])
    done = compact(settings, later)
    assert done.rows_raised == 1
    assert events()[0]["effective_at"] == later.previous_as_of.replace(tzinfo=None)


def test_compaction__a_run_over_the_past_lands_nothing(settings, home, land, run) -> None:
    from dataclasses import replace

    land([track(1)])
    assert compact(settings, replace(run, is_replay=True)).rows_in == 0
    assert commits(home, "events") == []
    assert compact(settings, run).rows_in == 1


def test_compaction__holds_one_source_and_lands_the_other(settings, home, land, run, events) -> None:
    land([track(1), track(2)])
    land([b"bad"] * 30 + [track(3)], source="app")
    done = compact(settings, run)
    assert (done.rows_in, done.rows_landed, done.rows_quarantined, done.rows_held) == (33, 2, 30, 1)
    assert done.is_blocked
    assert [row["event_id"] for row in events()] == ["m1", "m2"]
    (held,) = held_batches(home)
    assert (held.verdict.source, held.status) == ("app", "held")
    assert compact(settings, run).rows_in == 0, "a held segment is done"


def test_compaction__many_chunks_give_the_rows_of_one(settings, land, run, events, monkeypatch) -> None:
    from ingestion import lines

    monkeypatch.setattr(lines, "CHUNK", 3)
    for first in range(0, 20, 2):
        land([track(first), track(first + 1), b"bad"])
    done = compact(settings, run)
    assert (done.rows_in, done.rows_landed, done.rows_quarantined) == (30, 20, 10)
    assert len({row["event_id"] for row in events()}) == 20


def test_commit_meta__names_segments_and_verdicts(settings, home, land, run) -> None:
    land([track(1)])
    compact(settings, run)
    (commit,) = commits(home, "events")
    assert len(commit.meta["segments"]) == 1
    assert commit.meta["rows_in"] == {"web": 1}
    (quality,) = commits(home, "quality")
    rows = pq.read_table(quality.table("checks")).to_pylist()
    assert {row["batch_id"] for row in rows} == {commit.meta["verdicts"][0]["batch_id"]}
    assert all(row["rows_in"] == row["rows_landed"] + row["rows_set_aside"] for row in rows)


def test_verdicts__missing_after_a_crash_are_written_by_the_next_call(
    settings, home, land, run, monkeypatch
) -> None:
    land([track(1)])
    with monkeypatch.context() as patch:
        patch.setattr(compaction, "record", lambda home: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            compact(settings, run)
    assert commits(home, "quality") == []
    assert compact(settings, run).rows_in == 0
    assert len(commits(home, "quality")) == 1


NAUGHTY = st.sampled_from(
    [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b'{"type":"track"}',
     b'{"type":1e999,"userId":"u"}', b"NaN",
     b'{"type":"track","event":"E","userId":"u","properties":{"a":NaN}}',
     b'{"type":"track","type":"page","userId":"u"}',
     b'{"type":"page","userId":"u","properties":null}',
     b'{"type":"track","event":"E","userId":"u","sentAt":[]}']
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
FIELDS = ["type", "event", "userId", "anonymousId", "messageId", "timestamp", "sentAt", "originalTimestamp",
          "properties", "traits", "context", "groupId", "previousId", "name", "odd"]  # fmt: skip


def _line(document: dict[str, Any]) -> bytes:
    import json

    return json.dumps(document).encode("utf-8", errors="replace")


ANY_EVENT = st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=6).map(_line)
GOOD = st.integers(0, 10**6).map(lambda number: _line(track(number)))
ANY_BYTES = st.binary(max_size=40).map(lambda raw: raw.replace(b"\n", b""))


@examples(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(batches=st.lists(st.lists(GOOD | NAUGHTY | ANY_EVENT | ANY_BYTES, max_size=8), max_size=4))
def test_compaction__rows_in_are_rows_landed_and_rows_set_aside(
    batches, tmp_path_factory, clock: FixedClock
) -> None:
    settings = Settings(home=tmp_path_factory.mktemp("any"))
    home: Home = initialise(settings)
    log = LandingLog(home, "web", clock)
    for lines in batches:
        log.append(lines)
    done = compact(settings, begin_run(settings, clock))
    received = sum(len(lines) for lines in batches)
    assert done.rows_in == received
    assert done.rows_in == done.rows_landed + done.rows_quarantined + done.rows_held
    aside = sum(file.rows().num_rows for file in quarantine_files(home))
    files = [*home.lake.glob("events/0*1/*/*.parquet"), *home.held.glob("*/events/*/*.parquet")]
    landed = sum(pq.ParquetFile(path).metadata.num_rows for path in files)
    assert received == aside + landed
