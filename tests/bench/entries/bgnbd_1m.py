"""`bgnbd_1m`: BG/NBD fitted to a million simulated customers, against the `lifetimes` package.

The package gets an environment of its own within the bench's folder, locked by hashes; where it can't be had, its
objective is fitted plainly with scipy, and the line's `baseline_program` says which it was.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.bench.frame import Entry
from tests.bench.packages import install_packages

CUSTOMERS = 1_000_000
TRUTH = (0.25, 4.5, 0.8, 2.4)
_SCRIPT = Path(__file__).parent.parent / "bgnbd_plain.py"


def prepare(folder: Path) -> None:
    """The customers, and the package's environment."""
    import numpy as np

    x, last_at, age = simulate(CUSTOMERS, seed=7)
    np.savez(folder / "customers.npz", x=x, last_at=last_at, age=age)
    install_packages(folder, is_needed=False)


def simulate(count: int, seed: int):
    """x, t_x and T of customers who came on any day of a year, seen for between 13 and 65 weeks; days are
    whole, and purchases of one day are one."""
    import numpy as np

    r, alpha, a, b = TRUTH
    chance = np.random.default_rng(seed)
    rate, leaving = chance.gamma(r, 1 / alpha, count), chance.beta(a, b, count)
    days = chance.integers(91, 456, count).astype(float)
    x, last, now = np.zeros(count), np.zeros(count), np.zeros(count)
    alive = np.arange(count)
    while len(alive):
        now[alive] += 7 * chance.exponential(1 / np.maximum(rate[alive], 1e-12))
        alive = alive[now[alive] < days[alive]]
        day = np.ceil(now[alive])
        x[alive] += day > last[alive]
        last[alive] = day
        alive = alive[chance.random(len(alive)) >= leaving[alive]]
    return x, last / 7, days / 7


def load() -> None:
    """Imports are apart."""
    for module in (
        "pandas",
        "scipy.optimize",
        "scipy.special",
        "ml.lifetime.bgnbd",
        "ml.threads",
        "threadpoolctl",
    ):
        import_module(module)


def ours(folder: Path) -> Mapping[str, Any]:
    """checked, grouped, fitted from four starts, with standard errors; reading the file apart"""
    import numpy as np

    from ml.lifetime.bgnbd import fit_bgnbd
    from ml.lifetime.summary import group, summary_of

    began = time.perf_counter()
    data = np.load(folder / "customers.npz")
    columns = [data[name] for name in ("x", "last_at", "age")]
    reading = time.perf_counter() - began
    grouped = group(summary_of(*columns))
    fitted = fit_bgnbd(grouped)
    assert fitted.optimum is not None
    return {
        "parameters": fitted.parameters.tolist(),
        "standard_errors": fitted.optimum.standard_errors.tolist(),
        "distinct": len(grouped.counts),
        "evaluations": fitted.optimum.evaluations,
        "apart_seconds": reading,
    }


def baseline(folder: Path) -> Mapping[str, Any]:
    """the lifetimes package (BetaGeoFitter.fit, no penalty) on the same rows, its own defaults"""
    began = time.perf_counter()
    own = folder / "venv" / "bin" / "python"
    command = [own if _has_package(own) else sys.executable, _SCRIPT, folder]
    child = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    result = json.loads(child.stdout.splitlines()[-1])
    return {**result, "apart_seconds": time.perf_counter() - began - result["seconds"]}


def _has_package(python: Path) -> bool:
    return (
        subprocess.run([python, "-c", "import lifetimes"], capture_output=True, check=False).returncode == 0
    )


def agree(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Each parameter to three digits."""
    return _distance(one, other) < 5e-4


def _distance(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    pairs = zip(one["parameters"], other["parameters"], strict=True)
    return max(abs(ours / theirs - 1) for ours, theirs in pairs)


def further(one: Mapping[str, Any], other: Mapping[str, Any]) -> Mapping[str, Any]:
    """What was fitted, and how near the two are."""
    return {
        "baseline_program": other["program"],
        "parameters": [round(each, 5) for each in one["parameters"]],
        "baseline_parameters": [round(each, 5) for each in other["parameters"]],
        "standard_errors": [round(each, 5) for each in one["standard_errors"]],
        "largest_relative_distance": _distance(one, other),
        "distinct_rows": one["distinct"],
        "evaluations": one["evaluations"],
    }


ENTRY = Entry(
    name="bgnbd_1m",
    work=f"BG/NBD fitted to {CUSTOMERS:,} simulated customers",
    prepare=prepare,
    load=load,
    ours=ours,
    baseline=baseline,
    target=10,
    agree=agree,
    further=further,
)
