"""Graphs as relations: what every statement of a tick joins, so that none knows how many journeys there are.

graphs (graph, journey, name, version, is_live, first, rule, again_after, holdout, enter_from, enter_until)
edges (node, label, target)      target 0 is the way out
exit_rules (graph, rule, match, segment, is_member, is_goal, has_key)
entry_events (graph, match) · entry_segments (graph, segment, change) · entry_launches · entry_schedules
matches (match, event, is_past, key) · match_filters (match, number, property, operator, reading, texts, numbers)
steps (step, graph, step_id), and one relation or two for each kind of node and of condition
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb

from activation.journeys.engine.numbers import Numbers
from activation.journeys.engine.rows import insert
from activation.journeys.graph import (
    Condition,
    EventEntry,
    EventMatch,
    ExitRule,
    Graph,
    LaunchEntry,
    ListEntry,
    ScheduleEntry,
    SegmentCondition,
    SegmentEntry,
)
from activation.journeys.moves.contract import PLANNED, Move, Place, label_code
from activation.journeys.questions import _comparison
from activation.journeys.questions.contract import Question
from kith.registry import plugins

_SCHEMAS = {
    "graphs": "graph INTEGER, journey INTEGER, name TEXT, version TEXT, is_live BOOLEAN, first INTEGER, "
    "rule TEXT, again_after BIGINT, holdout DOUBLE, enter_from BIGINT, enter_until BIGINT, "
    "segment TEXT",
    "nodes": "node INTEGER, graph INTEGER, node_id TEXT, step_id TEXT, kind TEXT",
    "edges": "node INTEGER, label SMALLINT, target INTEGER",
    "exit_rules": "graph INTEGER, rule INTEGER, match INTEGER, segment TEXT, is_member BOOLEAN, "
    "is_goal BOOLEAN, has_key BOOLEAN",
    "entry_events": "graph INTEGER, match INTEGER",
    "entry_segments": "graph INTEGER, segment TEXT, change TEXT",
    "entry_launches": "graph INTEGER, segment TEXT, enter_from BIGINT, enter_until BIGINT",
    "entry_schedules": "graph INTEGER, segment TEXT, rule TEXT, zone TEXT, enter_from BIGINT, enter_until BIGINT",
    "matches": "match INTEGER, event TEXT, is_past BOOLEAN, key TEXT, is_entry BOOLEAN, has_filters BOOLEAN",
    "match_filters": f"match INTEGER, property TEXT, {_comparison.COLUMNS}",
    "steps": "step INTEGER, graph INTEGER, step_id TEXT",
}


class Definitions:
    """All graphs of a tick under their numbers. `numbers` are those that an earlier tick gave (engine/numbers)."""

    def __init__(self, graphs: Sequence[tuple[Graph, bool]], numbers: Numbers) -> None:
        self.moves = plugins("activation.journeys.moves", Move)
        self.questions = plugins("activation.journeys.questions", Question)
        self._kinds = {type_.node: name for name, type_ in self.moves.items()}
        self._asked = {each.condition: each for each in self.questions.values()}
        self._coded: dict[Any, int] = {}
        self._counts: dict[str, int] = {}
        self.rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in _SCHEMAS}
        self.schemas = dict(_SCHEMAS)
        for move in self.moves.values():
            self.schemas |= {each.name: each.columns for each in move.relations}
        self.schemas |= {each.name: each.columns for each in self.questions.values()}
        self.numbers = numbers
        self.graphs = graphs
        self.places: list[Place] = []
        for graph, is_live in graphs:
            self._add(graph, is_live)

    @property
    def questions_asked(self) -> list[str]:
        """The kinds of condition that any graph asks."""
        return [name for name, each in self.questions.items() if self.rows.get(each.name)]

    def match(self, match: EventMatch) -> int:
        return self._match(match, is_past=False)

    def past_match(self, match: EventMatch) -> int:
        return self._match(match, is_past=True)

    def condition(self, condition: Condition) -> int:
        code, is_new = self._code("condition", repr(condition))
        if is_new:
            question = self._asked[type(condition)]
            self.rows.setdefault(question.name, []).append(question.row(condition, self))
        return code

    def step(self, graph: Graph, step_id: str) -> int:
        number = self.numbers.of_graph(graph.journey, graph.version)
        code, is_new = self._code("step", (number, step_id), self.numbers.of_step(number, step_id))
        if is_new:
            self.rows["steps"].append((code, number, step_id))
        return code

    def lay(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Makes every relation of definitions, also those without a row."""
        for name, columns in self.schemas.items():
            connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} ({columns})")
            insert(connection, name, self.rows.get(name, []))

    def _add(self, graph: Graph, is_live: bool) -> None:
        number = self.numbers.of_graph(graph.journey, graph.version)
        codes = {node.node_id: self.numbers.of_node(number, node.node_id) for node in graph.nodes}
        kinds = {node.node_id: self._kinds[type(node)] for node in graph.nodes}
        row = (number, self.numbers.of_journey(graph.journey), graph.journey, graph.version, is_live)
        row += (codes.get(graph.first, 0), graph.reentry.rule, graph.reentry.after, graph.holdout)
        row += (graph.enter_from, graph.enter_until, getattr(graph.entry, "segment", ""))
        self.rows["graphs"].append(row)
        for node in graph.nodes:
            self.rows["nodes"].append(
                (codes[node.node_id], number, node.node_id, node.step_id, kinds[node.node_id])
            )
            place = Place(codes[node.node_id], graph, node, self)
            self.places.append(place)
            for relation in self.moves[kinds[node.node_id]].relations:
                self.rows.setdefault(relation.name, []).extend(relation.rows(place))
        for edge in graph.edges:
            self._edge(kinds[edge.node_id], codes[edge.node_id], edge.label, codes.get(edge.to, 0))
        for rule, each in enumerate(graph.exits):
            self.rows["exit_rules"].append((number, rule, *self._exit(each)))
        if is_live:
            self._enter(number, graph)

    def _edge(self, kind: str, node: int, label: str, target: int) -> None:
        self.rows["edges"].append((node, label_code(label), target))
        if kind == "message" and label == "next":
            self.rows["edges"].append((node, PLANNED, target))

    def _exit(self, rule: ExitRule) -> tuple[Any, ...]:
        if isinstance(rule.when, SegmentCondition):
            return None, rule.when.segment, rule.when.is_member, rule.is_goal, False
        return self._match(rule.when, key=rule.key), None, None, rule.is_goal, bool(rule.key)

    def _enter(self, number: int, graph: Graph) -> None:
        entry = graph.entry
        match entry:
            case EventEntry():
                self.rows["entry_events"].append(
                    (number, self._match(entry.match, key=entry.key, is_entry=True))
                )
            case ListEntry():
                match = self._match(EventMatch(entry.event), is_entry=True)
                self.rows["entry_events"].append((number, match))
            case SegmentEntry():
                self.rows["entry_segments"].append((number, entry.segment, entry.change))
            case LaunchEntry():
                self.rows["entry_launches"].append(
                    (number, entry.segment, entry.enter_from, entry.enter_until)
                )
            case ScheduleEntry():
                window = (entry.enter_from, entry.enter_until)
                self.rows["entry_schedules"].append((number, entry.segment, entry.rule, entry.zone, *window))

    def _match(
        self, match: EventMatch, *, is_past: bool = False, key: str = "", is_entry: bool = False
    ) -> int:
        what = (match.event, repr(match.where), is_past, key, is_entry)
        code, is_new = self._code("match", what)
        if is_new:
            pointer = _pointer(key) if key else None
            self.rows["matches"].append((code, match.event, is_past, pointer, is_entry, bool(match.where)))
            self.rows["match_filters"] += [
                (code, _pointer(each.name), *_comparison.row(each.operator, each.operand))
                for each in match.where
            ]
        return code

    def _code(self, kind: str, what: Any, known: int = 0) -> tuple[int, bool]:
        """The number of a thing, and whether it is new."""
        taken = self._coded.get((kind, what))
        if taken is not None:
            return taken, False
        self._counts[kind] = self._counts.get(kind, 0) + 1
        code = known or self._counts[kind]
        self._coded[kind, what] = code
        return code, True


def _pointer(name: str) -> str:
    """A property's JSON pointer: no character of a key means anything."""
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in name.split("."))
