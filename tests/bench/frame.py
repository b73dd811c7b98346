"""The frame of the benches: two sides in one run, each in a fresh process, alternated, medians.

An entry is a module of `tests/bench/entries/` with `ENTRY`. `ratio` = baseline seconds ÷ ours: higher is
better. Start-up and imports stay outside the timer (`load` runs before it); the peak is ours alone. Both
sides answer a result, and `agree` must find them equal or equal enough, or the bench fails.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

ROUNDS = 3
Side = Callable[[Path], Mapping[str, Any]]


@dataclass(frozen=True)
class Entry:
    """One bench. `prepare(folder)` lays the input once; each side gets a folder that holds it.

    `reset(folder)` is called untimed before each round of a side, then `ready(folder, side)` for what that side
    holds in memory before the clock starts. `tell(folder, side, result)` is called in a
    side's process once the clock has stopped: what it answers is the result. `further(ours, baseline)` adds
    fields. A side's result may name `apart_seconds`: start-up that can only happen within the call, taken off.
    """

    name: str
    work: str
    prepare: Callable[[Path], None]
    ours: Side
    baseline: Side
    target: float | None = None
    load: Callable[[], None] = lambda: None
    reset: Callable[[Path], None] = lambda folder: None
    ready: Callable[[Path, str], None] = lambda folder, side: None
    tell: Callable[[Path, str, Mapping[str, Any]], Mapping[str, Any]] = lambda folder, side, result: result
    agree: Callable[[Mapping[str, Any], Mapping[str, Any]], bool] = lambda ours, baseline: ours == baseline
    further: Callable[[Mapping[str, Any], Mapping[str, Any]], Mapping[str, Any]] = lambda ours, baseline: {}
    rounds: int = ROUNDS


@dataclass
class Measured:
    """What one side's process reported in each round."""

    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    peak_mb: list[float] = field(default_factory=list)
    result: Mapping[str, Any] = field(default_factory=dict)


class Disagreement(Exception):
    """The two sides did not answer the same."""


def entry_names() -> list[str]:
    """The benches there are."""
    folder = Path(__file__).parent / "entries"
    return sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith("_"))


def find_entry(name: str) -> Entry:
    return import_module(f"tests.bench.entries.{name}").ENTRY


def run_entry(name: str, progress: Callable[[str], None]) -> dict[str, Any]:
    """Measure one entry; answers its JSON line."""
    entry = find_entry(name)
    sides = {"ours": Measured(), "baseline": Measured()}
    with tempfile.TemporaryDirectory(prefix=f"bench-{name}-") as folder:
        progress(f"{name}: preparing {entry.work}")
        entry.prepare(Path(folder))
        for number in range(entry.rounds):
            for side, measured in sides.items():
                progress(f"{name}: round {number + 1} of {entry.rounds}, {side}")
                _measure(name, side, Path(folder), measured)
    if not entry.agree(sides["ours"].result, sides["baseline"].result):
        raise Disagreement(f"{name}: ours {sides['ours'].result} ≠ baseline {sides['baseline'].result}")
    return _line(entry, sides["ours"], sides["baseline"])


def _measure(name: str, side: str, folder: Path, measured: Measured) -> None:
    command = [sys.executable, "-m", "tests.bench.side", name, side, str(folder)]
    child = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if child.returncode:
        raise Disagreement(f"{name}: {side} ended with code {child.returncode}")
    report = json.loads(child.stdout.splitlines()[-1])
    measured.seconds.append(report["seconds"])
    measured.cpu_seconds.append(report["cpu_seconds"])
    measured.peak_mb.append(report["peak_mb"])
    measured.result = report["result"]


def _line(entry: Entry, ours: Measured, baseline: Measured) -> dict[str, Any]:
    seconds, baseline_seconds = statistics.median(ours.seconds), statistics.median(baseline.seconds)
    ratio = baseline_seconds / seconds
    return {
        "name": entry.name,
        "work": entry.work,
        "seconds": round(seconds, 4),
        "cpu_seconds": round(statistics.median(ours.cpu_seconds), 4),
        "peak_mb": round(statistics.median(ours.peak_mb), 1),
        "baseline": (entry.baseline.__doc__ or "").split("\n")[0],
        "baseline_seconds": round(baseline_seconds, 4),
        "ratio": round(ratio, 4),
        "target": entry.target,
        "met": None if entry.target is None else ratio >= entry.target,
        **entry.further(ours.result, baseline.result),
    }
