"""Times of joining, keys that collide, and the staging model over base and changes."""

from __future__ import annotations

import heapq
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st

from identity import dictionary, full, joining, store
from identity.components import connect
from identity.exceptions import EMPTY
from identity.full import identifier_rows, resolve_evidence
from identity.joining import join_times
from identity.resolution import resolve
from identity.rules import load_rules
from identity.store import attach_state, present_state
from kith.clock import FixedClock
from kith.lake import Home
from kith.run import begin_run, publish_run
from kith.settings import PROJECT, Settings, load_settings
from kith.warehouse import Warehouse
from tests.unit.identity.world import START, Seen, land


def _slow(count: int, start: int, first: int, edges: list[tuple[int, int, int]]) -> dict[int, int]:
    best, waiting = {start: first}, [(first, start)]
    while waiting:
        at, node = heapq.heappop(waiting)
        for one, other, seen in edges:
            for here, there in ((one, other), (other, one)):
                if here == node and max(at, seen) < best.get(there, 10**9):
                    best[there] = max(at, seen)
                    heapq.heappush(waiting, (best[there], there))
    return best


@given(
    st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11), st.integers(5, 20)), max_size=24),
    st.sampled_from([0, 1, 24]),
)
@budget(max_examples=150, deadline=None)
def test_join_times__are_minimax_paths(edges: list[tuple[int, int, int]], rounds: int) -> None:
    """However many rounds run at once before the rest is walked."""
    ends = np.asarray(edges, dtype=np.int64).reshape(-1, 3)
    labels = connect(12, ends[:, 0], ends[:, 1])
    founders = np.asarray([int(np.flatnonzero(labels == label)[0]) for label in range(labels.max() + 1)])
    first = np.full(12, 5, dtype=np.int64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(joining, "ROUNDS", rounds)
        found = join_times(labels, founders, first, ends[:, 0], ends[:, 1], ends[:, 2])
    expected = {}
    for founder in founders.tolist():
        expected |= _slow(12, founder, 5, edges)
    assert dict(enumerate(found.tolist())) == expected


def test_join_times__of_a_long_chain_are_walked() -> None:
    count = 20_000
    nodes = np.arange(count)
    seen = np.random.default_rng(1).permutation(count - 1) + 1
    found = join_times(
        np.zeros(count, dtype=np.int64), np.zeros(1, dtype=np.int64), np.zeros(count, dtype=np.int64),
        nodes[:-1], nodes[1:], seen,
    )  # fmt: skip
    assert found.tolist() == [0, *np.maximum.accumulate(seen).tolist()]


def test_resolve_evidence__takes_another_salt_where_keys_collide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys of two bits collide under the first salts; what comes out is the same."""
    honest = dictionary.key

    def narrow(kind: str, value: str, salt: int) -> str:
        return f"({honest(kind, value, salt)} % {4 if salt < 2 else 2**60})"

    evidence = pa.table(
        {
            "left_kind": pa.array([0] * 20, pa.int8()), "left_value": [f"u{n % 5}" for n in range(20)],
            "right_kind": pa.array([3] * 20, pa.int8()), "right_value": [f"a{n}" for n in range(20)],
            "is_left_behind": [False] * 20,
            "first_received_at": pa.array(range(20), pa.timestamp("us")), "edge_count": [1] * 20,
        }
    )  # fmt: skip
    rules = load_rules(load_settings()).body
    with Warehouse(load_settings()) as warehouse:
        warehouse.connection.register("pairs", evidence)
        splits = warehouse.arrow(EMPTY)

        def profiles() -> tuple[int, dict[str, str]]:
            found = resolve_evidence(warehouse, rules, splits, "pairs")
            rows = [row for part in identifier_rows(warehouse, rules, found) for row in part.to_pylist()]
            return found.salt, {row["identifier_value"]: row["profile_id"] for row in rows}

        plain = profiles()
        monkeypatch.setattr(dictionary, "key", narrow)
        monkeypatch.setattr(full, "key", narrow)
        salted = profiles()
    assert (plain[0], salted[0]) == (0, 2)
    assert plain[1] == salted[1]


@pytest.fixture
def changed(settings: Settings, home: Home, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Three commits: a base, and changes that are never gathered."""
    monkeypatch.setattr(store, "SHARE", 0)
    for day, events in enumerate(
        ([Seen(1, "u1", "a1"), Seen(2, "u2", "a2")], [Seen(3, "u1", "a3")], [Seen(0, "u1", "a3")]), 1
    ):
        land(home, events)
        run = begin_run(settings, FixedClock(START), START + timedelta(days=day))
        assert resolve(settings, run).is_full == (day == 1)
        publish_run(settings, run)
    return settings


def test_staging__reads_the_base_and_what_changed_since(changed: Settings) -> None:
    """The SQL of dbt answers the rows that the room itself reads."""
    sql = (PROJECT / "dbt/models/staging/kith/core/stg_kith__identifiers.sql").read_text()
    for name in ("resolutions", "identifiers"):
        source = f"lake_identity_{name}"
        sql = sql.replace("{{ lake_table(source('lake', '" + name + "')) }}", source)
    columns = "identifier_type, identifier_value, profile_id, first_received_at, joined_at"
    home = Home(changed.home)
    with Warehouse(changed) as warehouse:
        warehouse.attach_lake("identity")
        attach_state(warehouse, home, present_state(home))
        known = warehouse.rows(f"SELECT {columns} FROM known_identifiers ORDER BY ALL")
        assert warehouse.rows(f"SELECT {columns} FROM ({sql}) AS staged ORDER BY ALL") == known
    assert len(known) == 5
