"""How far the journeys have come, and how far this run takes them."""

from __future__ import annotations

import os
from dataclasses import dataclass

from activation.journeys.engine.definitions import Definitions
from activation.journeys.engine.numbers import Numbers
from activation.journeys.engine.rebuilding import discard_state, open_state, rebuild_state
from activation.journeys.engine.state import attach_state
from activation.journeys.graph import Graph
from activation.journeys.history.archive import microseconds
from activation.journeys.programme import Programme
from activation.journeys.versions import kept_graphs
from kith.ids import stable_id
from kith.lake import Commit, Home, commits, latest_commit
from kith.run import Run
from kith.settings import Settings
from kith.times import format_instant, parse_instant
from kith.warehouse import Warehouse

#: Beside the lake: a cache that the log makes superfluous.
POSITIONS = "journeys/positions.duckdb"

_INSIDE = """
    SELECT DISTINCT j.name AS journey, g.name AS version
    FROM state.positions AS p
    JOIN state.numbers AS g ON g.kind = 'graph' AND g.number = p.graph
    JOIN state.numbers AS j ON j.kind = 'journey' AND j.number = g.parent
"""


@dataclass(frozen=True)
class Horizon:
    """A tick [begin, end) in microseconds over `graphs`: every version with people in it, and whether it is open.

    `evaluated`: after which instant segments' evaluations and schedules let people in. `commit_name`: the commit of
    the log that the state holds.
    """

    begin: int
    end: int
    evaluated: int
    graphs: tuple[tuple[Graph, bool], ...]
    commit_name: str


def open_horizon(settings: Settings, warehouse: Warehouse, run: Run, programme: Programme) -> Horizon:
    """Attaches the state as of the last run before this one; what the cache can't tell is taken from the log."""
    last = _last_commit(settings, run)
    name = last.name if last else ""
    past = microseconds(parse_instant(last.meta["as_of"])) if last else None
    kept = kept_graphs(Home(settings.home))
    if run.is_replay:
        attach_state(warehouse.connection)
        if last:
            _rebuild(warehouse, kept, past, name)
    else:
        _open_cache(settings, warehouse, kept, past, name)
    begin, evaluated = _begin(warehouse, run, past)
    end = microseconds(run.as_of)
    graphs = _graphs(warehouse, programme, kept)
    return Horizon(min(begin, end), end, min(evaluated, end), graphs, name)


def log_mark(home: Home, name: str) -> str:
    """The log up to a commit as it lies there now: rewriting any of it, as erasing a person does, changes the mark."""
    room = home.lake / "journeys"
    if not name or not room.is_dir():
        return name
    with os.scandir(room) as found:
        folders = sorted((each.name, each.stat().st_mtime_ns) for each in found if each.name <= name)
    return f"{name} {stable_id(*(f'{folder} {changed}' for folder, changed in folders))}"


def _open_cache(
    settings: Settings,
    warehouse: Warehouse,
    kept: dict[tuple[str, str], Graph],
    past: int | None,
    name: str,
) -> None:
    """A cache of another log goes as a file: rows that are only deleted stay in its pages."""
    file, mark = settings.home / POSITIONS, log_mark(Home(settings.home), name)
    held = open_state(warehouse.connection, file)
    if held == mark or not (name or held):
        return
    if held is not None:
        discard_state(warehouse.connection, file)
        attach_state(warehouse.connection, file)
    _rebuild(warehouse, kept, past, mark)


def _last_commit(settings: Settings, run: Run) -> Commit | None:
    """The log's last; a replay knows those of the runs before its instant."""
    home, moment = Home(settings.home), format_instant(run.as_of)
    if not run.is_replay:
        return latest_commit(home, "journeys")
    known = [each for each in commits(home, "journeys") if each.meta["as_of"] < moment]
    return known[-1] if known else None


def _rebuild(warehouse: Warehouse, kept: dict[tuple[str, str], Graph], as_of: int | None, name: str) -> None:
    numbers = Numbers(warehouse.connection)
    Definitions([(graph, False) for graph in kept.values()], numbers).lay(warehouse.connection)
    numbers.keep(warehouse.connection)
    rebuild_state(warehouse.connection, as_of or 0, name)
    if as_of is None:
        warehouse.connection.execute("DELETE FROM state.held")


def _begin(warehouse: Warehouse, run: Run, past: int | None) -> tuple[int, int]:
    """From when on events count, and evaluations. Before the first run of all nothing that happened lets anybody in,
    but a campaign that was to start before it does."""
    held = warehouse.value("SELECT horizon FROM state.held")
    previous = microseconds(run.previous_as_of) if run.previous_as_of else None
    known = [each for each in (past, previous, None if held is None else held + 1) if each is not None]
    if not known:
        return microseconds(run.as_of) - 1, -1
    return max(known), max(known)


def _graphs(
    warehouse: Warehouse, programme: Programme, kept: dict[tuple[str, str], Graph]
) -> tuple[tuple[Graph, bool], ...]:
    live = {(graph.journey, graph.version): graph for graph in programme.live_graphs()}
    inside = {(row["journey"], row["version"]) for row in warehouse.rows(_INSIDE)}
    pinned = [kept[each] for each in sorted(inside - set(live)) if each in kept]
    return (*((graph, True) for graph in live.values()), *((graph, False) for graph in pinned))
