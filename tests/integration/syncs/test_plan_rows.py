"""The rows of a plan, as eight threads ask for them, and as they lie in slices of the file's groups."""

from __future__ import annotations

import time

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from activation.destinations._rows import Row, Rows, parted
from activation.syncs import running
from activation.syncs.schema import BATCHES
from kith.errors import KithError
from tests.integration.syncs.sync_world import Sink, define, publish, run


@pytest.fixture
def sink(monkeypatch):
    with Sink() as running:
        monkeypatch.setenv("KITH_SYNC_WEBHOOK_URL", running.url)
        yield running


def test_groups__are_read_once_and_by_one_thread_at_a_time(settings, monkeypatch, clock, sink):
    """Without the lock around them, eight threads that miss a group read it eight times, all at once."""
    options = {"batch_size": 500, "receiver": "deduplicates"}
    world = define(settings, monkeypatch, to="webhook", mode="upsert", fields=["id", "n"], options=options)
    publish(world, clock, {"people": [{"id": f"p{n}", "n": n} for n in range(20_000)]})
    real, groups, reading, most = pq.ParquetFile.read_row_group, [], [], []

    def slow(self, group, *arguments, **options):
        groups.append(group)
        reading.append(group)
        most.append(len(reading))
        time.sleep(0.05)
        try:
            return real(self, group, *arguments, **options)
        finally:
            reading.remove(group)

    monkeypatch.setattr(pq.ParquetFile, "read_row_group", slow)
    assert run(world, clock).outcomes == {"accepted": 20_000}
    assert {key: row["n"] for key, row in sink.rows.items()} == {f"p{n}": n for n in range(20_000)}
    assert sorted(groups) == [0, 1, 2]
    assert max(most) == 1


def test_finish__without_the_answer_of_one_batch_is_an_error(settings, monkeypatch, clock, sink):
    """Where all batches were told the same, no row is joined with its own: the number of answers is asked first."""
    options = {"batch_size": 10, "receiver": "deduplicates"}
    world = define(settings, monkeypatch, to="webhook", mode="upsert", fields=["id"], options=options)
    publish(world, clock, {"people": [{"id": f"p{n}"} for n in range(30)]})
    finish = running.finish

    def forgetful(settings, plan, progress, now):
        with progress.database.begin() as connection:
            connection.execute(BATCHES.delete().where(BATCHES.c.number == 1))
        return finish(settings, plan, progress, now)

    monkeypatch.setattr(running, "finish", forgetful)
    with pytest.raises(KithError, match="10 rows of the run have no answer"):
        run(world, clock)
    monkeypatch.setattr(running, "finish", finish)
    assert run(world, clock).outcomes == {"accepted": 30}


@pytest.mark.parametrize(("first", "count"), [(0, 5), (2, 2), (4, 1), (3, 0)])
def test_rows__of_a_slice_are_joined_as_they_lie(first, count):
    rows = [Row(f"k{n}", orjson.dumps({"n": n, "ü" * n: ",€"}).decode()) for n in range(5)]
    keys = pa.array([row.key for row in rows], pa.string()).slice(first, count)
    contents = parted(pa.array([row.content for row in rows], pa.string())).slice(first, count)
    remote_ids = pa.array([row.remote_id for row in rows], pa.string()).slice(first, count)
    held, wanted = Rows(keys, contents, remote_ids), rows[first : first + count]
    assert held.joined(b"<", b">") == b"<[" + b",".join(row.content.encode() for row in wanted) + b"]>"
    assert list(held) == wanted
