"""Analysts' models as segments: each thing that a list of ids may hold has its stated fate."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from activation.segments.analysts import Listing, listings
from activation.segments.bitsets.evaluator import evaluate_bits
from activation.segments.evaluation import evaluate, load_segments
from activation.segments.person.compiled import Compiled
from activation.segments.person.reading import read_facts
from activation.segments.sql_evaluator import analyst_audiences, evaluate_sql, moment_of, read_segments
from activation.segments.world import open_world, profile_ids
from kith.errors import KithError
from kith.run import Run
from kith.settings import Settings
from tests.unit.segments.differential import definition
from tests.unit.segments.world import AS_OF, Person, begin, define

PEOPLE = [Person("p1"), Person("p2"), Person("p3")]


def begun(settings: Settings, listed: pa.Table) -> Run:
    """A run in which the model `seg_picked` lists what is given; `old` became p2."""
    run = begin(settings, AS_OF, PEOPLE, aliases={"old": "p2"})
    pq.write_table(listed, run.path / "seg_picked.parquet")
    return run


def ids(*values: str | None) -> pa.Table:
    return pa.table({"profile_id": pa.array(values, pa.string())})


@pytest.mark.parametrize(
    ("values", "members"),
    [
        (["p1"], ["p1"]),
        (["p1", "p1", "p1"], ["p1"]),
        (["p1", None, None], ["p1"]),
        (["p1", "nobody", ""], ["p1"]),
        (["old"], ["p2"]),
        (["old", "p2"], ["p2"]),
        ([None], []),
        ([], []),
        (["p3", "p1", "p2"], ["p1", "p2", "p3"]),
    ],
)
def test_model__lists_profiles_alone_and_each_once(
    settings: Settings, values: list[str | None], members: list[str]
) -> None:
    asked = {"in": {"segment": "picked"}, "out": {"none": [{"segment": "picked"}]}}
    with open_world(settings, begun(settings, ids(*values)).snapshot) as world:
        segments = read_segments(world, {name: definition(name, who) for name, who in asked.items()})
        own = analyst_audiences(world, profile_ids(world))["picked"]
        assert not world.warehouse.value("SELECT COUNT(*) FROM analyst_members WHERE profile_id IS NULL")
        one = Compiled(segments, moment_of(world, [each.tree for each in segments.values()]))
        facts = read_facts(world, segments, ["p1", "p2", "p3"])
        by_one = [id_ for id_, each in sorted(facts.items()) if "in" in one.members(each, AS_OF)]
        for found in (evaluate_sql(world, segments), evaluate_bits(world, segments)):
            assert found.members("in").to_pylist() == members
            assert found.members("out").to_pylist() == sorted({"p1", "p2", "p3"} - set(members))
            assert (found.bits["in"] == own).all()
    assert by_one == members


def test_model__is_counted_for_lint(settings: Settings) -> None:
    run = begun(settings, ids("p1", "p1", None, "nobody", "old", "p2", "p2"))
    with open_world(settings, run.snapshot) as world:
        assert listings(world.warehouse, ("picked",)) == [Listing("picked", 7, 1, 1, 3)]


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        (
            pa.table({"customer": ["p1"]}),
            "model seg_picked: has no text column profile_id; expected a list of",
        ),
        (pa.table({"profile_id": [1, 2]}), "model seg_picked: its profile_id is bigint"),
    ],
)
def test_model__that_is_no_list_of_ids_is_refused(settings: Settings, listed: pa.Table, said: str) -> None:
    with pytest.raises(KithError, match=said), open_world(settings, begun(settings, listed).snapshot):
        pass


def test_model__with_the_name_of_a_file_is_refused_at_the_file(settings: Settings, tmp_path: Path) -> None:
    run = begun(settings, ids("p1"))
    settings = define(tmp_path, settings, picked={"did": "X"})
    said = (
        r"picked\.yml:1: name: segment picked is defined twice, here and by the model seg_picked; rename one"
    )
    with pytest.raises(KithError, match=said):
        evaluate(settings, run)
    with open_world(settings, run.snapshot) as world, pytest.raises(KithError, match=said):
        read_segments(world, load_segments(settings))


def test_model__with_more_columns_lists_its_ids(settings: Settings) -> None:
    listed = pa.table({"rank": [1], "profile_id": ["p3"], "segment": ["other"]})
    with open_world(settings, begun(settings, listed).snapshot) as world:
        segments = read_segments(world, {"in": definition("in", {"segment": "picked"})})
        assert evaluate_bits(world, segments).members("in").to_pylist() == ["p3"]
