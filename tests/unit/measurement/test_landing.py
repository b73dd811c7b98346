"""Definitions of funnels and attribution: refused by file, line and field; landed as rows that say the present state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kith.clock import FixedClock
from kith.errors import KithError
from kith.lake import commits, latest_commit
from kith.run import begin_run, publish_run
from measurement.credits import credit_paths
from measurement.funnels import Funnel
from measurement.landing import land_definitions
from measurement.state import replace_tables
from measurement.tables import LIFT

AS_OF = datetime(2026, 5, 1, 8, tzinfo=UTC)
PLAIN = "name: buy\nsteps:\n  - {event: Product Viewed}\n  - {order: completed}\n"


@pytest.fixture
def workspace(settings: Any, tmp_path: Path) -> Any:
    """Calls it with files by their name below definitions/; answers what landed."""
    object.__setattr__(settings, "definitions", tmp_path / "definitions")

    def land(files: dict[str, str], as_of: datetime = AS_OF) -> Any:
        for path in (tmp_path / "definitions").rglob("*.yml"):
            path.unlink()
        for name, text in files.items():
            file = tmp_path / "definitions" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        run = begin_run(settings, FixedClock(as_of), as_of=as_of)
        landed = land_definitions(settings, run)
        publish_run(settings, run)
        return landed

    return land


@pytest.mark.parametrize(
    ("text", "where", "problem"),
    [
        ("name: f\nsteps:\n  - {event: A}\n", "2", "at least 2"),
        ("name: f\nsteps:\n  - {event: A}\n  - {event: B, type: page}\n", "4", "event and type"),
        ("name: f\nwithin: soon\nsteps: [{event: A}, {event: B}]\n", "2", "no duration"),
        ("name: f\nwithin: 0d\nsteps: [{event: A}, {event: B}]\n", "2", "more than 0s"),
        (
            "name: f\nsteps:\n  - {event: A}\n  - {order: completed, where: {colour: red}}\n",
            "4",
            "no 'colour'",
        ),
        (
            "name: f\nsteps:\n  - {event: A}\n  - event: B\n    where: {p: {is: 1, less: 2}}\n",
            "5",
            "exactly one",
        ),
        ("name: f\norder: sideways\nsteps: [{event: A}, {event: B}]\n", "2", "ordered"),
        ("name: f\nbreakdown: {property: p}\nsteps: [{order: completed}, {event: B}]\n", "1", "an event"),
        ('name: f\nsteps:\n  - {event: A, where: {"a\'b": 1}}\n  - {event: B}\n', "3", "pattern"),
        ("name: f\nsteps: [{event: A}, {event: B}]\nstep: 3\n", "3", "no such field"),
    ],
)
def test_funnels__are_refused_by_line_and_field(workspace: Any, text: str, where: str, problem: str) -> None:
    with pytest.raises(KithError) as refused:
        workspace({"funnels/f.yml": text})
    assert f"f.yml:{where}" in str(refused.value)
    assert problem in str(refused.value)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("name: a\nposition: {first: 70%, last: 40%}\n", "at most 100%"),
        ("name: a\ntouches: {sessions: null, messages: []}\n", "nothing counts as a touch"),
        ("name: a\nlookback: 30\n", "no duration"),
        ("name: a\nhalf_life: 7d\nmodels: [first]\n", "no such field"),
    ],
)
def test_attribution__is_refused_by_line_and_field(workspace: Any, text: str, problem: str) -> None:
    with pytest.raises(KithError, match=r"a\.yml:\d") as refused:
        workspace({"attribution/a.yml": text})
    assert problem in str(refused.value)


def test_attribution__is_defined_once(workspace: Any) -> None:
    with pytest.raises(KithError, match="credits of an order sum to one"):
        workspace({"attribution/a.yml": "name: a\n", "attribution/b.yml": "name: b\n"})


def test_landing__keeps_every_version_and_the_present_rows_alone(workspace: Any, home: Any) -> None:
    other = PLAIN.replace("Product Viewed", "Product Added")
    assert workspace({"funnels/buy.yml": PLAIN, "attribution/a.yml": "name: a\n"}).new_versions == 2
    assert workspace({"funnels/buy.yml": PLAIN, "attribution/a.yml": "name: a\n"}).commit is None
    changed = workspace({"funnels/buy.yml": other}, AS_OF + timedelta(days=1))
    assert (changed.funnel_count, changed.attribution_count, changed.new_versions) == (1, 0, 1)
    versions = [
        row["version"]
        for each in commits(home, "definitions")
        for row in pq.read_table(each.table("funnels")).to_pylist()
    ]
    assert len(set(versions)) == 2
    last = latest_commit(home, "analytics")
    assert last
    steps = pq.read_table(last.table("funnel_steps")).to_pylist()
    assert [row["act_kind"] for row in steps] == ["track:Product Added", "order"]
    assert {row["version"] for row in steps} == {versions[-1]}
    assert pq.read_table(last.table("attribution_rules")).num_rows == 0


def test_landing__of_nothing_empties_what_was_there(workspace: Any, home: Any) -> None:
    workspace({"funnels/buy.yml": PLAIN})
    assert workspace({}).commit
    last = latest_commit(home, "analytics")
    assert last
    assert pq.read_table(last.table("funnel_steps")).num_rows == 0


def test_credits__land_beside_the_lift_and_once(settings: Any, home: Any) -> None:
    lift = pa.Table.from_pylist([{"campaign": "winback"}], schema=pa.schema([("campaign", pa.string())]))
    full = {name: lift["campaign"] if name == "campaign" else pa.nulls(1, field.type)
            for name, field in zip(LIFT.schema.names, LIFT.schema, strict=True)}  # fmt: skip
    replace_tables(home, "measurement", {"lift": pa.table(full)}, AS_OF)
    run = begin_run(settings, FixedClock(AS_OF), as_of=AS_OF)
    paths = [
        {"path_id": "1", "path": "email > search", "conversion_count": 2, "abandoned_count": 1},
        {"path_id": "2", "path": "search", "conversion_count": 0, "abandoned_count": 3},
    ]
    pq.write_table(pa.Table.from_pylist(paths), run.path / "attribution_paths.parquet")
    found = credit_paths(settings, run)
    assert (found.path_count, found.channel_count, found.conversion_count) == (2, 2, 2)
    assert credit_paths(settings, run).commit is None
    last = latest_commit(home, "measurement")
    assert last
    assert pq.read_table(last.table("lift"))["campaign"].to_pylist() == ["winback"]
    rows = pq.read_table(last.table("path_credits")).to_pylist()
    assert {(row["model"], row["path_id"], row["channel"]) for row in rows} == {
        (model, "1", channel) for model in ("markov", "shapley") for channel in ("email", "search")
    }


def test_most_steps__are_what_the_warehouse_unrolls() -> None:
    macros = (Path(__file__).resolve().parents[3] / "dbt/macros/analytics.sql").read_text(encoding="utf-8")
    (steps,) = Funnel.model_fields["steps"].metadata[1:] or (None,)
    assert f"return({steps.max_length})" in macros  # type: ignore[union-attr]
