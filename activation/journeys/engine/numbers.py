"""Small numbers for journeys, their versions, nodes and steps, so that no text is joined on the way.

A number, once given, is kept with the positions that are written in it; the log never holds one.
"""

from __future__ import annotations

import duckdb

from activation.journeys.engine.rows import insert


class Numbers:
    """`state.numbers (kind TEXT, parent INTEGER, name TEXT, number INTEGER)`, read once and added to."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        found = connection.execute("SELECT kind, parent, name, number FROM state.numbers").fetchall()
        self._known = {(kind, parent, name): number for kind, parent, name, number in found}
        self._greatest: dict[str, int] = {}
        for (kind, _, _), number in self._known.items():
            self._greatest[kind] = max(number, self._greatest.get(kind, 0))
        self._new: list[tuple[str, int, str, int]] = []

    def of_journey(self, name: str) -> int:
        return self._number("journey", 0, name)

    def of_graph(self, journey: str, version: str) -> int:
        return self._number("graph", self.of_journey(journey), version)

    def of_node(self, graph: int, node_id: str) -> int:
        return self._number("node", graph, node_id)

    def of_step(self, graph: int, step_id: str) -> int:
        return self._number("step", graph, step_id)

    def keep(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Writes the new ones down."""
        insert(connection, "state.numbers", self._new)
        self._new = []

    def _number(self, kind: str, parent: int, name: str) -> int:
        known = self._known.get((kind, parent, name))
        if known is not None:
            return known
        number = self._greatest.get(kind, 0) + 1
        self._greatest[kind] = self._known[kind, parent, name] = number
        self._new.append((kind, parent, name, number))
        return number
