"""`dashboards`: ten million events, a million profiles, five visitors; the slowest page's first chart.

The limits hold for one who clicks while the others look; what all five wait who click at once stands beside.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.bench.frame import Entry
from tests.bench.large_snapshot import lay_large
from tests.bench.page_visits import FIRST_CHART, INTERACTION, MEGABYTES, VISITORS, Waits, walk

_FORM = "{:<22}{:>12}{:>12}{:>12}"


def ours(folder: Path) -> Mapping[str, Any]:
    """one visitor walks through every page, then five at once, and snapshots are published meanwhile"""
    begin = time.perf_counter()
    told = walk(folder / "home", folder / "dashboards.log")
    table, together = _table(told.alone), _table(told.together)
    _print(table, "one clicks")
    _print(together, "five click at once")
    slowest = max(each["first"] for each in table.values())
    return {
        "visitors": VISITORS,
        "slowest": slowest,
        "pages": table,
        "together": together,
        "too_slow": [page for page, each in table.items() if each["first"] > FIRST_CHART],
        "slow_clicks": [page for page, each in table.items() if (each["click"] or 0) > INTERACTION],
        "app_mb": round(told.megabytes),
        "publish_seconds": told.publish_seconds,
        "faults": told.faults,
        "apart_seconds": time.perf_counter() - begin - slowest,
    }


def baseline(folder: Path) -> Mapping[str, Any]:
    """the two seconds that a page may take"""
    return {"visitors": VISITORS, "apart_seconds": -FIRST_CHART}


def agree(ours: Mapping[str, Any], baseline: Mapping[str, Any]) -> bool:
    """All pages were seen by all visitors, none with an error."""
    return not ours["faults"] and ours["visitors"] == baseline["visitors"]


def further(ours: Mapping[str, Any], baseline: Mapping[str, Any]) -> Mapping[str, Any]:
    """The table by page, the app's peak, and what publishing took beside it."""
    names = ("slowest", "too_slow", "slow_clicks", "app_mb", "publish_seconds", "pages", "together")
    return {**{name: ours[name] for name in names}, "memory_met": ours["app_mb"] <= MEGABYTES}


def _table(pages: Mapping[str, Waits]) -> dict[str, dict[str, Any]]:
    return {page: waits.told() for page, waits in sorted(pages.items())}


def _print(table: Mapping[str, Mapping[str, Any]], title: str) -> None:
    lines = [_FORM.format(title, "first chart", "all drawn", "a click")]
    for page, each in table.items():
        cells = ["–" if each[name] is None else f"{each[name]:.2f} s" for name in ("first", "done", "click")]
        lines.append(_FORM.format(page, *cells))
    sys.stderr.write("\n".join(lines) + "\n")


ENTRY = Entry(
    name="dashboards",
    work="all pages over 10,000,000 events and 1,000,000 profiles, five visitors: the slowest first chart of one",
    prepare=lay_large,
    ours=ours,
    baseline=baseline,
    target=1,
    agree=agree,
    further=further,
    rounds=1,
)
