"""`dbt build` of one home on both engines, each in a process of its own and with nothing written to the home."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kith.settings import PROJECT

BAD = ("error", "fail", "runtime error", "skipped")


@dataclass(frozen=True)
class Build:
    """What one dbt call did: its results by kind and status, the failed ones in a line each."""

    engine: str
    seconds: float
    counts: Counter[tuple[str, str]]
    failures: list[str]

    def summary(self) -> str:
        kinds = [kind for kind in ("model", "test", "unit test") if self._all(kind)]
        told = [f"{self._good(kind)} of {self._all(kind)} {kind}s" for kind in kinds]
        return f"{self.engine}: {', '.join(told) or 'nothing built'} in {self.seconds:.1f} s"

    def then(self, other: Build) -> Build:
        """Both calls as one."""
        seconds, counts = self.seconds + other.seconds, self.counts + other.counts
        return Build(self.engine, seconds, counts, self.failures + other.failures)

    def _good(self, kind: str) -> int:
        return sum(n for (each, status), n in self.counts.items() if each == kind and status not in BAD)

    def _all(self, kind: str) -> int:
        return sum(n for (each, _), n in self.counts.items() if each == kind)


@dataclass(frozen=True)
class Published:
    """A published table as the project declares it."""

    name: str
    key: tuple[str, ...]


def build_on_duckdb(home: Path, folder: Path) -> Build:
    """Models alone into `<folder>/duckdb.duckdb`: their tests are the business of every run on DuckDB."""
    return _dbt("duckdb", ["run", "--target", "run"], home, folder, KITH_WAREHOUSE=str(warehouse(folder)))


def build_on_spark(home: Path, folder: Path, remote: str) -> Build:
    """Models, then data tests and unit tests, in the session that `remote` names.

    Models first: a unit test of an increment reads the columns of the table that it would add to.
    """
    built = _dbt("spark", ["run", "--target", "spark"], home, folder, SPARK_REMOTE=remote)
    return built.then(_dbt("spark", ["test", "--target", "spark"], home, folder, SPARK_REMOTE=remote))


def warehouse(folder: Path) -> Path:
    return folder / "duckdb.duckdb"


def published_tables(folder: Path) -> list[Published]:
    """Models with `meta.published`, by name, from the manifest that the builds left in `folder`."""
    nodes: list[dict[str, Any]] = list(
        json.loads((folder / "duckdb" / "manifest.json").read_text())["nodes"].values()
    )
    chosen = [
        node for node in nodes if node["resource_type"] == "model" and node["config"]["meta"].get("published")
    ]
    tables = [Published(node["name"], tuple(node["config"]["meta"].get("key", ()))) for node in chosen]
    return sorted(tables, key=lambda table: table.name)


def _dbt(engine: str, words: list[str], home: Path, folder: Path, **told: str) -> Build:
    target = folder / engine
    target.mkdir(parents=True, exist_ok=True)
    unset = ("KITH_RUN_DIR", "SPARK_REMOTE", "KITH_WAREHOUSE")
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    environment |= {"KITH_HOME": str(home.absolute()), "PYTHONWARNINGS": "ignore", **told}
    environment |= {"DBT_TARGET_PATH": str(target), "DBT_LOG_PATH": str(target)}
    project = ["--project-dir", str(PROJECT / "dbt"), "--profiles-dir", str(PROJECT / "dbt")]
    command = [str(Path(sys.executable).with_name("dbt")), "--no-use-colors", *words, *project]
    begun = time.monotonic()
    done = subprocess.run(command, env=environment, cwd=target, capture_output=True, text=True, check=False)
    seconds = time.monotonic() - begun
    results = _results(target, begun=done.returncode != 2)
    counts = Counter((_kind(each["unique_id"]), each["status"]) for each in results)
    failures = [
        f"{_name(each['unique_id'])}: {_in_short(each['message'])}"
        for each in results
        if each["status"] in BAD and each["message"]
    ]
    if done.returncode and not failures:
        failures = [done.stdout[-2000:] + done.stderr[-2000:]]
    return Build(engine, seconds, counts, failures)


def _results(target: Path, *, begun: bool) -> list[dict[str, Any]]:
    path = target / "run_results.json"
    return json.loads(path.read_text())["results"] if begun and path.exists() else []


def _in_short(message: str) -> str:
    """The first lines: behind them comes a server's stack."""
    return "\n  ".join([line for line in message.splitlines() if line.strip()][:8])


def _kind(unique_id: str) -> str:
    return unique_id.split(".")[0].replace("_", " ")


def _name(unique_id: str) -> str:
    return unique_id.split(".")[2]
