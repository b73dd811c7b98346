"""What a preview keeps is never another snapshot's: previews after anything came say what a fresh one says."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from activation.lists.reading import Entry
from activation.lists.uploading import Upload
from activation.lists.uploading import publish as publish_list
from activation.segments import reading_ahead
from activation.segments.bitsets.evaluator import evaluate_bits
from activation.segments.evaluation import evaluate, load_segments
from activation.segments.preview import Preview, Previews, preview
from activation.segments.sql_evaluator import read_segments
from activation.segments.world import open_world
from kith.errors import KithError
from kith.ids import bucket
from kith.init import initialise
from kith.lake import Home
from kith.settings import Settings
from kith.snapshot import current_snapshot
from tests.bench.segment_definitions import draw_definitions
from tests.bench.segment_world import SegmentWorld
from tests.unit.segments.world import AS_OF, Person, begin, define, publish, write_scores

DAY = timedelta(days=1)
#: Everything that is known of people, each in a part of its own.
DRAFTS: dict[str, Any] = {
    "attribute": {"attribute": "country", "is": "DE"},
    "score": {"score": "churn", "at_least": 0.5, "fallback": {"attribute": "country", "is": "nowhere"}},
    "consent": {"consent": "marketing", "channel": "email", "is": "granted"},
    "list": {"list": "vip"},
    "analyst": {"segment": "listed"},
    "computed": {"attribute": "visits", "at_least": 1},
    "done": {"did": "Order Completed", "within": "5d"},
}
PEOPLE = [
    Person("p1", country="DE", email="p1@example.com", events=[("Visited", AS_OF - DAY, None)]),
    Person("p2", country="GB", events=[("Order Completed", AS_OF - 2 * DAY, None)]),
    Person("p3", country="FR"),
]
VISITS = {"type": "whole", "event": "Visited", "measure": "count", "within": "7d"}
MORE: dict[str, Any] = {
    "lists": {"listed": ["p3"]}, "consents": {("p1", "marketing", "email"): True},
}  # fmt: skip


@pytest.fixture
def shop(settings: Settings, tmp_path: Path) -> Settings:
    """A published run, with a score, a list, a model and a computed attribute."""
    found = define(tmp_path, settings, kept={"attribute": "country", "is": "GB"})
    initialise(found)
    _compute(found, VISITS)
    write_scores(Home(found.home), "churn", AS_OF, {"p1": 0.9, "p2": 0.1})
    _upload(found, "p1")
    _publish(found, PEOPLE, **MORE)
    return found


def _compute(settings: Settings, body: dict[str, Any]) -> None:
    folder = settings.definitions / "attributes"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "visits.yml").write_text(yaml.safe_dump(body))


def _upload(settings: Settings, *profiles: str) -> None:
    entries = [Entry(number, each) for number, each in enumerate(profiles)]
    publish_list(settings, entries, Upload("vip", kind="profile_id"), "vip.csv", AS_OF - DAY)


def _publish(settings: Settings, people: list[Person], days: int = 0, **more: Any) -> None:
    run = begin(settings, AS_OF + days * DAY, people, **more)
    evaluate(settings, run)
    publish(settings, run)


def _sizes(previews: Previews, folder: Path) -> dict[str, int]:
    return {name: previews.of(file).size for name, file in _files(folder).items()}


def _files(folder: Path) -> dict[str, Path]:
    for name, who in DRAFTS.items():
        (folder / f"draft_{name}.yml").write_text(yaml.safe_dump({"who": who}))
    return {name: folder / f"draft_{name}.yml" for name in DRAFTS}


def _evaluated(settings: Settings, folder: Path) -> dict[str, int]:
    """The sizes that an evaluation finds, which keeps nothing."""
    snapshot = current_snapshot(Home(settings.home))
    assert snapshot is not None
    _files(folder)
    drafts = settings.model_copy(update={"definitions": folder / "drafts"})
    (folder / "drafts").mkdir(exist_ok=True)
    define(folder / "drafts", settings, **DRAFTS)
    drafts = settings.model_copy(update={"definitions": folder / "drafts" / "definitions"})
    with open_world(settings, snapshot) as world:
        audiences = evaluate_bits(world, read_segments(world, load_segments(drafts)))
    return {name: audiences.size(name) for name in DRAFTS}


FIRST = {"attribute": 1, "score": 1, "consent": 1, "list": 1, "analyst": 1, "computed": 1, "done": 1}


def _more_scores(settings: Settings) -> None:
    write_scores(Home(settings.home), "churn", AS_OF, {"p1": 0.9, "p2": 0.8, "p3": 0.7})


def _another_list(settings: Settings) -> None:
    _upload(settings, "p1", "p2")


def _another_run(settings: Settings) -> None:
    people = [
        Person("p1", country="DE", events=[("Visited", AS_OF - DAY, None)]),
        Person("p2", country="DE", events=[("Visited", AS_OF, None), ("Order Completed", AS_OF, None)]),
        Person("p3", country="DE", events=[("Order Completed", AS_OF, None)]),
        Person("p4", country="DE"),
    ]
    said = {("p2", "marketing", "email"): True, ("p3", "marketing", "email"): True}
    _publish(settings, people, days=1, lists={"listed": ["p1", "p2"]}, consents=said)


def _the_run_again(settings: Settings) -> None:
    """Its tables are laid anew under its name."""
    snapshot = current_snapshot(Home(settings.home))
    assert snapshot is not None
    rows = pq.read_table(snapshot.path / "profiles.parquet").to_pylist()
    told = [{**row, "country": "DE"} for row in rows]
    schema = pq.read_schema(snapshot.path / "profiles.parquet")
    pq.write_table(pa.Table.from_pylist(told, schema=schema), snapshot.path / "profiles.parquet")


def _another_attribute(settings: Settings) -> None:
    _compute(settings, {**VISITS, "event": "Order Completed", "within": "1d"})


CHANGES: dict[Callable[[Settings], None], set[str]] = {
    _more_scores: {"score"},
    _another_list: {"list"},
    _another_run: {"attribute", "consent", "analyst", "computed", "done"},
    _the_run_again: {"attribute"},
    _another_attribute: {"computed"},
}


@pytest.mark.parametrize("change", CHANGES, ids=lambda each: each.__name__.strip("_"))
def test_preview__after_anything_came_says_what_an_evaluation_says(
    shop: Settings, tmp_path: Path, change: Callable[[Settings], None]
) -> None:
    with Previews(shop) as held:
        assert _sizes(held, tmp_path) == FIRST == _evaluated(shop, tmp_path)
        change(shop)
        now = _evaluated(shop, tmp_path)
        assert {name for name in FIRST if now[name] != FIRST[name]} >= CHANGES[change]
        assert {name: preview(shop, file).size for name, file in _files(tmp_path).items()} == now
        assert _sizes(held, tmp_path) == now


def test_preview__shares_with_the_segments_as_they_were_evaluated_last(
    shop: Settings, tmp_path: Path
) -> None:
    file = _files(tmp_path)["attribute"]
    file.write_text("who: {attribute: country, missing: false}")
    assert {each.segment: each.size for each in preview(shop, file).overlaps} == {"kept": 1, "listed": 1}
    folder = shop.definitions / "segments"
    (folder / "kept.yml").write_text("who: {attribute: country, in: [GB, FR]}")
    run = begin(shop, AS_OF, PEOPLE, **MORE)
    evaluate(shop, run)
    with Previews(shop) as held:
        assert {each.segment: each.shared for each in held.of(file).overlaps} == {"kept": 2, "listed": 1}


def test_preview__of_what_is_kept_opens_no_warehouse(
    shop: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {name: each for name, each in _files(tmp_path).items() if name not in ("computed", "done")}
    first = {name: preview(shop, file) for name, file in files.items()}
    monkeypatch.setattr("activation.segments.world.Warehouse", None)
    assert {name: preview(shop, file) for name, file in files.items()} == first


def test_read_ahead__by_the_run_leaves_nothing_to_join(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading_ahead, "WORTH_KEEPING", 1)
    known = {name: who for name, who in DRAFTS.items() if name not in ("computed", "done")}
    found = define(tmp_path, settings, **known)
    initialise(found)
    write_scores(Home(found.home), "churn", AS_OF, {"p1": 0.9, "p2": 0.1})
    _upload(found, "p1")
    _publish(found, PEOPLE, **MORE)
    monkeypatch.setattr("activation.segments.world.Warehouse", None)
    for name in known:
        told = preview(found, found.definitions / "segments" / f"{name}.yml")
        assert told.size == FIRST[name]
        assert {each.segment for each in told.overlaps} <= {*known, "listed"}


def test_preview__reads_only_the_definitions_that_are_asked_for(shop: Settings, tmp_path: Path) -> None:
    folder = shop.definitions / "segments"
    (folder / "faulty.yml").write_text("who: {no such thing: 1}")
    (folder / "file.yml").write_text("{'name': german, who: {attribute: country, is: DE}}")
    (folder / "escaped.yml").write_text('"n\\u0061me": french\nwho: {attribute: country, is: FR}\n')
    file = tmp_path / "draft.yml"
    file.write_text("who: {any: [{segment: german}, {segment: french}]}")
    assert preview(shop, file).size == 2
    file.write_text("who: {segment: faulty}")
    with pytest.raises(KithError, match=r"faulty\.yml"):
        preview(shop, file)
    file.write_text("who: {segment: file}")
    with pytest.raises(KithError, match="there is no segment 'file'"):
        preview(shop, file)


def test_preview__of_drawn_definitions_is_the_evaluation(tmp_path: Path) -> None:
    """Size, sample and the last week are those of the bitsets, with a store of behaviour, one after the other."""
    made = SegmentWorld(tmp_path / "home", 700, 15_000)
    made.lay()
    made.define(dict[str, object](draw_definitions(60)))
    snapshot = current_snapshot(Home(made.home))
    assert snapshot is not None
    with open_world(made.settings, snapshot) as world:
        audiences = evaluate_bits(world, read_segments(world, load_segments(made.settings)))
    with Previews(made.settings) as previews:
        for name in audiences.bits:
            found = previews.of(made.home / "definitions" / "segments" / f"{name}.yml")
            _check_told(found, audiences.members(name).to_pylist())


def _check_told(found: Preview, members: list[str]) -> None:
    assert found.size == found.trend[-1].size == len(members)
    assert len(found.trend) == 13
    assert list(found.sample) == sorted(members, key=lambda each: (bucket(each, "sample"), each))[:10]


@pytest.mark.parametrize("module", ["activation.segments.person", "activation.segments.preview"])
def test_imports__start_no_database(module: str) -> None:
    told = f"import sys, json, {module}; print(json.dumps('duckdb' in sys.modules))"
    child = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert json.loads(child.stdout) is False


def test_kept_columns__hold_what_was_written(tmp_path: Path) -> None:
    from activation.segments.columns.column import Column
    from activation.segments.store.kept_columns import KeptColumns

    wide = Column(np.array([10**20, 1], object), np.array([True, False]), 100)
    plain = Column(np.array([1, 2]), np.array([True, False]), 10_000)
    for each in (KeptColumns(tmp_path / "k"), KeptColumns(tmp_path / "k")):
        assert each.column(("wide",), lambda: wide) is wide
        found = each.column(("plain",), lambda: plain)
        assert (found.values.tolist(), found.known.tolist(), found.scale) == ([1, 2], [True, False], 10_000)
    assert sorted(len(list(each.iterdir())) for each in (tmp_path / "k").iterdir()) == [3]
