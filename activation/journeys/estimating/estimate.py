"""One definition, as if it began at the last evaluation of its segment: the engine of a live run, into no log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from activation.contract import WITHHOLD_REASONS
from activation.journeys.backtest import Findings, Rehearsal, backtest
from activation.journeys.deciding.prices import load_prices
from activation.journeys.estimating.effect import expected_effect
from activation.journeys.graph import LaunchEntry, ScheduleEntry
from activation.journeys.history.archive import instant
from kith.errors import KithError
from kith.lake import Home
from kith.settings import Settings
from kith.snapshot import current_snapshot
from kith.times import format_instant
from kith.warehouse import Warehouse

Rows = Sequence[dict[str, Any]]

_EVALUATED = """
    SELECT epoch_us(max(as_of)) FROM lake_segments_evaluations WHERE segment = $segment AND member_count > 0
"""


@dataclass(frozen=True)
class Estimate:
    """`reach`: (gate, withheld, left), in the gates' order, beginning with all that fell due; `sends`: (day, channel,
    messages), days of the workspace; `costs`: (channel, currency, messages, price, amount), NULL where no price is
    written down; `effect`: (measure, currency, expected, lower, upper), empty where no model speaks."""

    name: str
    version: str
    since: str
    until: str
    entrants: int
    held_out: int
    planned: int
    sent: int
    reach: Rows
    sends: Rows
    costs: Rows
    effect: Rows


def estimate(settings: Settings, rehearsal: Rehearsal, days: int = 7) -> Estimate:
    """What falls due in `days` from the segment's last evaluation on. A journey that events or changes of a segment
    begin is estimated by the last `days`, as they were. Raises KithError where nothing is published or evaluated."""
    rehearsal, since = _beginning(settings, rehearsal, days)
    with TemporaryDirectory(prefix="kith-estimate-") as folder:
        log = Path(folder) / "log"
        found = backtest(settings, rehearsal, since, since + timedelta(days=days), log=log)
        effect = expected_effect(settings, log)
    return Estimate(
        name=found.journey,
        version=found.version,
        since=format_instant(since),
        until=found.until,
        entrants=found.entrants,
        held_out=found.held_out,
        planned=found.planned,
        sent=found.sent,
        reach=_reach(found),
        sends=found.sends,
        costs=_costs(settings, found.sends),
        effect=effect,
    )


def _beginning(settings: Settings, rehearsal: Rehearsal, days: int) -> tuple[Rehearsal, datetime]:
    snapshot = current_snapshot(Home(settings.home))
    if snapshot is None:
        raise KithError("nothing is published yet", way_out="run 'kith run' first")
    graph, entry = rehearsal.graph, rehearsal.graph.entry
    if not isinstance(entry, LaunchEntry | ScheduleEntry):
        return rehearsal, snapshot.as_of - timedelta(days=days)
    begin = _last_evaluation(settings, entry.segment)
    launch = LaunchEntry(entry.segment, begin, begin + 1)
    return replace(
        rehearsal, graph=replace(graph, entry=launch, enter_from=begin, enter_until=begin + 1)
    ), instant(begin)


def _last_evaluation(settings: Settings, segment: str) -> int:
    with Warehouse(settings) as warehouse:
        warehouse.attach_lake("segments")
        found = warehouse.value(_EVALUATED, {"segment": segment})
    if found is None:
        raise KithError(
            f"the segment {segment} was never evaluated with anybody in it",
            way_out="'kith run' evaluates it; 'kith segments preview' counts it now",
        )
    return int(found)


def _reach(found: Findings) -> Rows:
    withheld = {row["reason"]: row["messages"] for row in found.drops}
    left = found.planned
    rows: list[dict[str, Any]] = [{"gate": "planned", "withheld": 0, "left": left}]
    for reason in WITHHOLD_REASONS:
        left -= withheld.get(reason, 0)
        rows.append({"gate": str(reason), "withheld": withheld.get(reason, 0), "left": left})
    return rows


def _costs(settings: Settings, sends: Rows) -> Rows:
    counts: dict[str, int] = {}
    for row in sends:
        counts[row["channel"]] = counts.get(row["channel"], 0) + row["messages"]
    prices = load_prices(settings)
    rows: list[dict[str, Any]] = []
    for channel, messages in sorted(counts.items()):
        stated = [(currency, price) for (of, currency), price in sorted(prices.items()) if of == channel]
        for currency, price in stated or [("", None)]:
            amount = None if price is None else (price * messages).quantize(Decimal("0.01"))
            rows.append(
                {
                    "channel": channel,
                    "currency": currency,
                    "messages": messages,
                    "price": price,
                    "amount": amount,
                }
            )
    return rows
