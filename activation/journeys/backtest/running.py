"""The rehearsal itself: slice by slice the same engine, facts and decisions as a live run, into no log."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from activation.attributes.state import evaluations_until, lay_values
from activation.journeys.backtest.findings import Findings, find
from activation.journeys.backtest.gathering import gather, lay_gathered, remember
from activation.journeys.backtest.rehearsal import Rehearsal
from activation.journeys.backtest.slices import slices
from activation.journeys.deciding import holdout_sql, open_decisions
from activation.journeys.engine import Tick
from activation.journeys.engine.log import write_log
from activation.journeys.engine.state import attach_state
from activation.journeys.facts import lay_out_look_ups
from activation.journeys.history import Archive, identity_before, lay_history
from activation.journeys.history.archive import instant
from activation.journeys.history.segments import lay_segments
from activation.journeys.variables import attributes_asked
from kith.errors import KithError
from kith.lake import Home
from kith.settings import Settings
from kith.snapshot import current_snapshot
from kith.warehouse import Warehouse

ROOMS = ("journeys", "reference", "identity", "recommendations")
#: Told how many of how many slices are done.
Progress = Callable[[int, int], None]


def backtest(
    settings: Settings,
    rehearsal: Rehearsal,
    since: datetime,
    until: datetime,
    log: Path | None = None,
    progress: Progress = lambda done, of: None,
) -> Findings:
    """What the definition does to everybody in [since, until), beginning with nobody inside.

    `log`: a folder that gets the rows which a live run would have committed, a folder a slice. Raises KithError where
    nothing was ever published.
    """
    if since >= until:
        raise KithError("the span is empty", expected="--from before --to")
    rehearsed = rehearsal.within(since, until)
    with Warehouse(settings) as warehouse:
        warehouse.attach_lake(*ROOMS)
        attach_state(warehouse.connection)
        lay_gathered(warehouse.connection)
        spans = slices(settings, since, until)
        run = _Run(settings, warehouse, rehearsed, (spans[0][0], spans[-1][1]))
        for number, (begin, end) in enumerate(spans):
            tick = run.slice(begin, end, is_first=number == 0, is_last=number == len(spans) - 1)
            if log is not None:
                folder = log / f"{number:04d}"
                folder.mkdir(parents=True)
                write_log(tick.connection, folder, end)
            gather(tick.connection, settings.zone, has_budgets=bool(rehearsed.policy.budgets))
            tick.keep()
            progress(number + 1, len(spans))
        return find(warehouse, rehearsed, since, until)


class _Run:
    """What all slices share."""

    def __init__(
        self, settings: Settings, warehouse: Warehouse, rehearsal: Rehearsal, reach: tuple[int, int]
    ) -> None:
        snapshot = current_snapshot(Home(settings.home))
        if snapshot is None:
            raise KithError("nothing has been published, so there is no past", way_out="run 'kith run' first")
        self.settings, self.warehouse, self.rehearsal, self.snapshot = (
            settings,
            warehouse,
            rehearsal,
            snapshot,
        )
        self.needs, self.reach = rehearsal.needs, reach

    def slice(self, begin: int, end: int, *, is_first: bool, is_last: bool) -> Tick:
        """[begin, end): evaluations at a slice's end belong to it, as they do in a run at that instant; those at the
        end of the whole span don't, and those at its begin do."""
        rehearsal, connection = self.rehearsal, self.warehouse.connection
        evaluated = (begin - 1 if is_first else begin, end - 1 if is_last else end)
        attributes = self._lay(begin, end, evaluated)
        tick = Tick(
            connection,
            [(rehearsal.graph, True)],
            begin - 1,
            end - 1,
            lambda nodes: open_decisions(
                connection, nodes, rehearsal.policy, end - 1, rehearsal.templates, attributes
            ),
            holdout_sql("p.profile_id", "g.name", "g.holdout", rehearsal.policy.holdout),
            evaluated=evaluated,
        )
        tick.run().close(instant(end))
        return tick

    def _lay(self, begin: int, end: int, evaluated: tuple[int, int]) -> Mapping[str, str]:
        warehouse, needs = self.warehouse, self.needs
        identity = identity_before(self.settings, instant(end))
        without = frozenset({self.rehearsal.graph.journey})
        told = {"identity": identity, "without": without, "reach": self.reach}
        archive = Archive(self.settings, self.snapshot, begin, end, **told)
        lay_history(warehouse, archive, needs)
        if needs.segments:
            lay_segments(warehouse, replace(archive, begin=evaluated[0] + 1, end=evaluated[1] + 1), needs)
        remember(warehouse.connection, has_budgets=bool(self.rehearsal.policy.budgets))
        templates = self.rehearsal.templates
        if not templates:
            return {}
        lay_out_look_ups(warehouse, instant(end))
        asked = attributes_asked(templates.values())
        known = evaluations_until(self.settings, instant(end))
        return lay_values(warehouse, known, asked) if asked else {}
