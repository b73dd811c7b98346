"""Components in plain SQL are those of scipy."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import numpy as np
import pyarrow as pa
import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st

from identity import contraction
from identity.components import connect
from identity.contraction import contract


def _components(count: int, pairs: Sequence[tuple[int, int]]) -> tuple[list[int], int]:
    """The label of each node, and the rounds."""
    ends = np.asarray(pairs, dtype=np.int64).reshape(-1, 2)
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("given_nodes", pa.table({"node": np.arange(count)}))
        edges = pa.table({"left_node": ends[:, 0], "right_node": ends[:, 1]})
        connection.register("given_edges", edges)
        rounds = contract(
            connection.execute,
            lambda sql: connection.execute(sql).fetchall()[0][0],
            "given_nodes",
            "given_edges",
            "components",
        )
        found = connection.execute("SELECT label FROM components ORDER BY node").fetchall()
        assert connection.execute("SELECT COUNT(*) FROM duckdb_tables()").fetchall() == [(1,)]
    return [label for (label,) in found], rounds


@st.composite
def _graphs(draw: st.DrawFn) -> tuple[int, list[tuple[int, int]]]:
    count = draw(st.integers(1, 30))
    node = st.integers(0, count - 1)
    return count, draw(st.lists(st.tuples(node, node), max_size=45))


@given(_graphs())
@settings(max_examples=40, deadline=None)
def test_contract__gives_the_partition_of_scipy(graph: tuple[int, list[tuple[int, int]]]) -> None:
    count, pairs = graph
    labels, _ = _components(count, pairs)
    ends = np.asarray(pairs, dtype=np.int64).reshape(-1, 2)
    expected = connect(count, ends[:, 0], ends[:, 1])
    least = [int(np.flatnonzero(expected == label)[0]) for label in expected]
    assert labels == least


@pytest.mark.parametrize("order", ["rising", "zigzag"])
def test_contract__takes_few_rounds_over_a_long_chain(order: str) -> None:
    """A chain of four thousand hops would take plain label propagation as many rounds."""
    nodes = np.arange(4000)
    if order == "zigzag":
        nodes = np.random.default_rng(3).permutation(4000)
    labels, rounds = _components(4000, list(zip(nodes[:-1].tolist(), nodes[1:].tolist(), strict=True)))
    assert set(labels) == {0}
    assert rounds <= 12


@pytest.mark.parametrize("dialect", ["spark", "snowflake", "bigquery", "postgres", "databricks"])
def test_contract__is_written_in_sql_that_every_engine_reads(dialect: str) -> None:
    names = {"nodes": "n", "edges": "e", "result": "r"}
    statements = [
        contraction._LABELS, contraction._EDGES, contraction._HOOKS,
        *contraction._FOLLOW, *contraction._RELABEL, *contraction._CONTRACT,
    ]  # fmt: skip
    for statement in statements:
        text = " ".join(statement.format(**names).split())
        assert sqlglot.transpile(text, read=dialect, write=dialect) == [text]
