"""However a population is cut, and wherever its behaviour is read from, the bits are the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from activation.segments.audience import Audiences, unpack
from activation.segments.bitsets import evaluator, grouping
from activation.segments.bitsets.evaluator import evaluate_bits
from activation.segments.columns import part
from activation.segments.evaluation import load_segments
from activation.segments.sql_evaluator import read_segments
from activation.segments.world import open_world
from kith.lake import Home
from kith.snapshot import current_snapshot
from tests.bench.segment_definitions import draw_definitions
from tests.bench.segment_world import SegmentWorld

PEOPLE, ROWS, DEFINITIONS = 1_500, 40_000, 250


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> SegmentWorld:
    made = SegmentWorld(tmp_path_factory.mktemp("parts") / "home", PEOPLE, ROWS)
    made.lay()
    made.define(draw_definitions(DEFINITIONS))
    return made


@pytest.fixture(scope="module")
def whole(world: SegmentWorld) -> Audiences:
    found = _evaluated(world)
    assert sum(0 < found.size(name) < PEOPLE for name in found.bits) > DEFINITIONS / 3
    return found


def _evaluated(world: SegmentWorld, only: np.ndarray | None = None) -> Audiences:
    snapshot = current_snapshot(Home(world.home))
    assert snapshot is not None
    with open_world(world.settings, snapshot) as opened:
        return evaluate_bits(opened, read_segments(opened, load_segments(world.settings)), only)


def _equal(one: Audiences, other: Audiences) -> bool:
    assert one.profile_ids.equals(other.profile_ids)
    return all(np.array_equal(one.bits[name], other.bits[name]) for name in one.bits)


@pytest.mark.parametrize("step", [1, 7, 1_400])
def test_evaluate_bits__a_part_has_the_columns_of_the_whole(
    world: SegmentWorld, whole: Audiences, step: int
) -> None:
    only = np.arange(3, PEOPLE, step)
    found = _evaluated(world, only)
    for name, bits in found.bits.items():
        assert np.array_equal(unpack(bits, len(only)), unpack(whole.bits[name], PEOPLE)[only]), name
        assert not np.unpackbits(bits, bitorder="little")[len(only) :].any()


def test_evaluate_bits__block_by_block_is_the_whole(
    world: SegmentWorld, whole: Audiences, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(part, "BLOCK", 512)
    assert _equal(_evaluated(world), whole)
    only = np.arange(0, PEOPLE, 2)
    found = _evaluated(world, only)
    assert all(
        np.array_equal(unpack(bits, len(only)), unpack(whole.bits[name], PEOPLE)[only])
        for name, bits in found.bits.items()
    )


def test_evaluate_bits__sorts_by_itself_where_scipy_has_no_counting_sort(
    world: SegmentWorld, whole: Audiences, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grouping, "_counting_sort", lambda: None)
    assert _equal(_evaluated(world), whole)


def test_evaluate_bits__reads_the_snapshot_where_there_is_no_store(
    world: SegmentWorld, whole: Audiences, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluator, "open_store", lambda *_: None)
    assert _equal(_evaluated(world), whole)


def test_by_profile__the_counting_sort_is_numpys_stable_sort() -> None:
    """SciPy promises nothing about it: this test tells when it is another."""
    chance = np.random.default_rng(3)
    positions = chance.integers(0, 1_000, 50_000).astype(np.int32)
    values = np.arange(50_000)
    order = np.argsort(positions, kind="stable")
    found = grouping.by_profile(positions, values, 1_000)
    assert grouping._counting_sort() is not None
    assert np.array_equal(found[0], positions[order])
    assert np.array_equal(found[1], values[order])


def test_profiles__in_any_order_of_the_file_have_one_order(world: SegmentWorld, whole: Audiences) -> None:
    import pyarrow.parquet as pq

    snapshot = current_snapshot(Home(world.home))
    assert snapshot is not None
    file: Path = snapshot.path / "profiles.parquet"
    rows = pq.read_table(file)
    try:
        pq.write_table(rows.take(np.random.default_rng(5).permutation(len(rows))), file)
        assert _equal(_evaluated(world), whole)
    finally:
        pq.write_table(rows, file)
