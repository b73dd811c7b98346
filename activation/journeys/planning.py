"""One tick over the lake: who enters, who moves on, what is planned for them, and the one commit that holds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from activation.attributes.state import evaluations_of, lay_values
from activation.journeys.controls import closed, controls, stops
from activation.journeys.deciding import (
    ConservationError,
    Deciding,
    MessageNode,
    Policy,
    holdout_sql,
    load_policy,
    open_decisions,
)
from activation.journeys.deciding.policy import with_throttles
from activation.journeys.engine import Tick
from activation.journeys.engine.log import write_log
from activation.journeys.engine.tick import Controls
from activation.journeys.facts import lay_out_look_ups
from activation.journeys.graph import Message
from activation.journeys.history import NEVER, Archive, lay_history, needs_of
from activation.journeys.history.archive import microseconds
from activation.journeys.history.segments import lay_segments
from activation.journeys.horizon import Horizon, log_mark, open_horizon
from activation.journeys.programme import Programme, load_programme
from activation.journeys.variables import attributes_asked
from activation.journeys.versions import new_versions, with_pinned
from kith.lake import Home, commit
from kith.log import get_logger
from kith.run import Run
from kith.settings import Settings
from kith.times import format_instant
from kith.warehouse import Warehouse

log = get_logger(__name__)

__all__ = ["ConservationError", "PlanCounts", "plan"]

_NEWS = """
    SELECT (SELECT count(*) FROM moved) + (SELECT count(*) FROM entered)
           + (SELECT count(*) FROM occasions AS o SEMI JOIN entry_launches AS l ON l.graph = o.graph)
"""

_COUNTED = """
    -- Messages that the engine planned, and those of them that the decisions told.
    SELECT (SELECT count(*) FROM moved AS m JOIN planning_nodes AS n ON n.node = m.node
            WHERE m.label NOT IN (-6, -7, -11)) AS due,
           (SELECT count(*) FROM outbox) AS decided,
           (SELECT count(DISTINCT message_id) FROM outbox) AS different,
           (SELECT count(*) FROM outbox WHERE (decision = 'send') <> (reason = '')) AS unexplained,
           (SELECT count(*) FROM entered) AS enrolled,
           (SELECT count(*) FROM entered WHERE holdout <> '') AS holdout,
           (SELECT count(*) FROM outbox WHERE decision = 'send') AS send
"""

_WITHHELD = (
    "SELECT reason, count(*) AS messages FROM outbox WHERE decision <> 'send' GROUP BY reason ORDER BY reason"
)


@dataclass(frozen=True)
class PlanCounts:
    """What one tick did. `withheld` counts by reason; `commit` is empty where nothing was new."""

    journeys: int = 0
    enrolled: int = 0
    holdout: int = 0
    planned: int = 0
    send: int = 0
    withheld: Mapping[str, int] = field(default_factory=dict)
    commit: str = ""
    is_replay: bool = False


def plan(settings: Settings, run: Run) -> PlanCounts:
    """Enrols, moves, decides and commits everything that falls due by the run's `as_of`; nothing new, no commit.

    A replay decides just so and commits into a lake in its own folder: the live log stays as it is.
    """
    programme = load_programme(settings)
    with Warehouse(settings) as warehouse:
        warehouse.attach_lake("journeys", "reference", "identity", "recommendations")
        horizon = open_horizon(settings, warehouse, run, programme)
        if not horizon.graphs:
            return PlanCounts(is_replay=run.is_replay)
        programme = with_pinned(Home(settings.home), programme, [graph for graph, _ in horizon.graphs])
        tick = _tick(settings, warehouse, run, programme, horizon)
        counts = _count(warehouse, programme, run)
        if not warehouse.value(_NEWS):
            tick.keep(log_mark(Home(settings.home), horizon.commit_name))
            return counts
        log.info("planned", extra={"enrolled": counts.enrolled, "send": counts.send, "run": run.run_id})
        return _keep(settings, run, programme, tick, counts)


def _tick(settings: Settings, warehouse: Warehouse, run: Run, programme: Programme, horizon: Horizon) -> Tick:
    graphs = [graph for graph, _ in horizon.graphs]
    policy = with_throttles(load_policy(settings), graphs)
    attributes = _lay_facts(settings, warehouse, run, programme, horizon, policy)

    def decisions(nodes: Sequence[MessageNode]) -> Deciding:
        return open_decisions(
            warehouse.connection, nodes, policy, horizon.end, programme.templates, attributes
        )

    told = controls(Home(settings.home))
    tick = Tick(
        warehouse.connection,
        horizon.graphs,
        horizon.begin - 1,
        horizon.end - 1,
        decisions,
        holdout_sql("p.profile_id", "g.name", "g.holdout", policy.holdout),
        evaluated=(horizon.evaluated, horizon.end),
        controls=Controls(
            tuple((name, microseconds(at)) for name, at in stops(told)),
            tuple(
                (name, microseconds(since), NEVER if until is None else microseconds(until))
                for name, since, until in closed(told)
            ),
        ),
    )
    tick.run().close(run.as_of)
    return tick


def _lay_facts(
    settings: Settings, warehouse: Warehouse, run: Run, programme: Programme, horizon: Horizon, policy: Policy
) -> Mapping[str, str]:
    """Lays everything that the tick reads; answers the SQL of the attributes that templates ask for.

    What a segment's evaluation at this very instant found counts, so its history is read one microsecond further.
    """
    graphs = [graph for graph, _ in horizon.graphs]
    sent = {node.template for graph in graphs for node in graph.nodes if isinstance(node, Message)}
    # What only drafts send costs nothing.
    templates = [each for name, each in programme.templates.items() if name in sent]
    needs = needs_of(graphs, templates, tuple(policy.caps.values()))
    own = Home(run.path.parent) if run.is_replay else None
    # Who is let in by an evaluation before the first run is judged at that instant: intervals reach back to it.
    reach = (max(horizon.evaluated, 0), horizon.end) if horizon.evaluated < horizon.begin else None
    archive = Archive(settings, run.snapshot, horizon.begin, horizon.end, own, reach=reach)
    lay_history(warehouse, archive, needs)
    lay_segments(warehouse, replace(archive, begin=horizon.evaluated, end=horizon.end + 1), needs)
    lay_out_look_ups(warehouse, run.as_of)
    asked = attributes_asked(templates)
    return lay_values(warehouse, evaluations_of(settings, run), asked) if asked else {}


def _count(warehouse: Warehouse, programme: Programme, run: Run) -> PlanCounts:
    """Counts, and proves that every message that was due has exactly one decision."""
    row = warehouse.rows(_COUNTED)[0]
    if not row["due"] == row["decided"] == row["different"]:
        raise ConservationError(
            f"{row['due']} messages were due, {row['decided']} decided, {row['different']} of them different"
        )
    if row["unexplained"]:
        raise ConservationError(
            f"{row['unexplained']} messages are withheld without a reason, or sent with one"
        )
    return PlanCounts(
        journeys=len(programme.live_graphs()),
        enrolled=row["enrolled"],
        holdout=row["holdout"],
        planned=row["decided"],
        send=row["send"],
        withheld={each["reason"]: each["messages"] for each in warehouse.rows(_WITHHELD)},
        is_replay=run.is_replay,
    )


def _keep(settings: Settings, run: Run, programme: Programme, tick: Tick, counts: PlanCounts) -> PlanCounts:
    home = run.home(settings)
    meta = {"as_of": format_instant(run.as_of), "run_id": run.run_id}
    with commit(home, "journeys", meta) as writer:
        write_log(tick.connection, Path(writer.path), microseconds(run.as_of))
        writer.write("versions", new_versions(home, programme, run.as_of))
    tick.keep(log_mark(home, writer.name))
    return replace(counts, commit=writer.name)
