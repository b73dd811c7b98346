"""Opens and clicks of machines are no behaviour of a person."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from activation.segments.evaluation import evaluate
from activation.segments.membership.reading import read_members
from activation.segments.membership.state import read_state
from kith.lake import Home, latest_commit
from kith.settings import Settings
from tests.unit.segments.world import AS_OF, Person, begin, define

HOUR = timedelta(hours=1)


def test_segments__leave_out_what_a_machine_opened(settings: Settings, tmp_path: Path) -> None:
    by_event = {"did": "Email Opened", "within": "7d"}
    by_message = {"message": "any", "was": "opened", "count": {"is": 1}}
    told = define(tmp_path, settings, readers=by_event, readers_of_one=by_message)
    people = [
        Person("reader", events=[("Email Opened", AS_OF - HOUR, None)]),
        Person("scanned", events=[("Email Opened", AS_OF - 2 * HOUR, None)]),
        Person(
            "both", events=[("Email Opened", AS_OF - HOUR, None), ("Email Opened", AS_OF - 3 * HOUR, None)]
        ),
    ]
    run = begin(told, AS_OF, people)
    file = run.path / "events.parquet"
    events = pq.read_table(file)
    by_machine = pa.array(
        [at < events["effective_at"][0].as_py() for at in events["effective_at"].to_pylist()]
    )
    pq.write_table(events.append_column("is_machine", by_machine), file)
    evaluate(told, run)
    found = latest_commit(Home(settings.home), "segments")
    assert found is not None
    state = read_state(found)
    rows = [row for name in state.standings for row in read_members(state, name).to_pylist()]
    members = {(row["segment"], row["profile_id"]) for row in rows}
    assert members == {(name, who) for name in ("readers", "readers_of_one") for who in ("both", "reader")}
