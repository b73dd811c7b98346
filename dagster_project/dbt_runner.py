"""dbt inside this process: the second call of a run costs half a second where a new process costs five."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from kith.errors import KithError
from kith.lake import Home, lake_tables
from kith.run import Run
from kith.settings import PROJECT, Settings, export_environment

PROJECT_FOLDER = PROJECT / "dbt"
#: dbt's unit tests prove the models' logic on rows of their own: the tests' business, not a run's.
NO_UNIT_TESTS = ("unit_test",)
MANIFEST = PROJECT_FOLDER / "target" / "manifest.json"


def build(
    settings: Settings,
    run: Run,
    select: str,
    *,
    full_refresh: bool = False,
    without: Sequence[str] = NO_UNIT_TESTS,
    is_exported: bool = True,
) -> list[Any]:
    """`dbt build` of a selection into the run's warehouse; answers dbt's results, failed ones included."""
    with _told(settings, run, is_exported):
        return build_models(settings, select, full_refresh=full_refresh, without=without)


def build_models(
    settings: Settings, select: str, *, full_refresh: bool = False, without: Sequence[str] = NO_UNIT_TESTS
) -> list[Any]:
    """`dbt build` of a selection, `without` some kinds of node, into the warehouse that the environment names."""
    words = ["--quiet", "--no-write-json", "build", "--select", *select.split()]
    words += [word for kind in without for word in ("--exclude-resource-type", kind)]
    words += ["--threads", str(settings.threads), *(["--full-refresh"] if full_refresh else [])]
    export_environment(KITH_MEMORY_LIMIT=settings.memory_limit)
    with _closed_afterwards():
        outcome = _invoke(words, parsed_project().deepcopy())
        if outcome.result is None:
            raise KithError(f"dbt could not start: {outcome.exception}", way_out="try: dbt parse in dbt/")
        return list(outcome.result.results)


def build_hot(settings: Settings, run: Run, select: str) -> int:
    """Some of the models that a hot run reads, untested: each whole run tests them. Answers how many."""
    results = build(settings, run, select, without=("unit_test", "test"), is_exported=False)
    if broken := failures(results):
        raise KithError("dbt tag:hot failed: " + "; ".join(broken[:5]), way_out="a whole run first: kith run")
    return len(results)


def failures(results: list[Any]) -> list[str]:
    """One line for each model or test that failed: its name, and what dbt said of it."""
    bad = ("error", "fail", "runtime error")
    return [f"{each.node.name}: {each.message}" for each in results if str(each.status) in bad]


def ensure_manifest(settings: Settings) -> Path:
    """dbt's manifest, parsed afresh where a file of the project is newer than it."""
    if not MANIFEST.exists() or MANIFEST.stat().st_mtime < _newest_source():
        export_environment(KITH_HOME=str(settings.home))
        # The folder is said, for DBT_TARGET_PATH may name another and an older manifest would stay in this one.
        outcome = _invoke(["--quiet", "parse", "--target-path", str(MANIFEST.parent)])
        if not outcome.success:
            raise KithError(f"dbt can't parse its project: {outcome.exception}", where=str(PROJECT_FOLDER))
        MANIFEST.touch()
    return MANIFEST


@cache
def parsed_project() -> Any:
    """The project, parsed once a process. dbt marks nodes as it compiles them, so each build takes a copy."""
    outcome = _invoke(["--quiet", "--no-write-json", "parse"])
    if outcome.result is None:
        raise KithError(f"dbt can't parse its project: {outcome.exception}", where=str(PROJECT_FOLDER))
    return outcome.result


def _invoke(words: list[str], manifest: Any = None) -> Any:
    from dbt.cli.main import dbtRunner

    # What failed is in the results; a log of every statement costs seconds a run, and homes would share one file.
    quiet = ["--log-level-file", "none"]
    folders = ["--target", "run", "--project-dir", str(PROJECT_FOLDER), "--profiles-dir", str(PROJECT_FOLDER)]
    return dbtRunner(manifest=manifest).invoke([*quiet, *words, *folders])


@contextmanager
def _told(settings: Settings, run: Run, is_exported: bool) -> Iterator[None]:
    """dbt reads its paths from the environment. A replay's home is its own, and the live one for the rest."""
    home = _home_of_replay(settings, run) if run.is_replay else settings.home
    export_environment(KITH_HOME=str(home), KITH_RUN_DIR=str(run.path), KITH_WAREHOUSE=str(run.warehouse))
    export_environment(KITH_EXPORT="" if is_exported else "no")
    try:
        yield
    finally:
        export_environment(KITH_HOME=str(settings.home), KITH_EXPORT="")


def _home_of_replay(settings: Settings, run: Run) -> Path:
    """A folder of links: each room of the lake as this replay committed it, or else the live one."""
    live, own = Home(settings.home).lake, Home(run.path.parent).lake
    view = run.path.parent / "view"
    shutil.rmtree(view, ignore_errors=True)
    (view / "lake").mkdir(parents=True)
    for room in sorted({table.room for table in lake_tables()}):
        (view / "lake" / room).symlink_to(own / room if (own / room).is_dir() else live / room)
    return view


@contextmanager
def _closed_afterwards() -> Iterator[None]:
    """dbt keeps its handle on the warehouse file open; nobody else could open it until we let go."""
    try:
        yield
    finally:
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager

        DuckDBConnectionManager.close_all_connections()


def _newest_source() -> float:
    kinds = ("models", "macros", "tests", "seeds", "analyses")
    files = [file for kind in kinds for file in (PROJECT_FOLDER / kind).rglob("*") if file.is_file()]
    return max(file.stat().st_mtime for file in [*files, *PROJECT_FOLDER.glob("*.yml")])
