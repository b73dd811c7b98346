"""`make spark`: builds a home with DuckDB and with Spark, and prints each published table's checksums beside each other.

HOME_DIR names a home that is there (nothing is written to it); else a small world is made, PEOPLE of it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from kith.errors import KithError
from tests.integration.spark.builds import (
    Build,
    build_on_duckdb,
    build_on_spark,
    published_tables,
    warehouse,
)
from tests.integration.spark.comparison import Verdict, compare
from tests.integration.spark.engine import spark_remote
from tests.integration.spark.tables import DuckDBTables, SparkTables

PEOPLE = 300
SHOWN = 30
WORLD = ["--days", "45", "--live-days", "2"]


def main(arguments: list[str], say: Callable[[str], None]) -> int:
    """1 where a build, a test or a table differs; the arguments are a home's folder and a number of people."""
    given, people = (*arguments, "", "")[:2]
    with tempfile.TemporaryDirectory(prefix="kith-spark-") as scratch:
        try:
            home = Path(given).absolute() if given else make_world(Path(scratch), int(people or PEOPLE), say)
            builds, verdicts = both(home, Path(scratch), say)
        except KithError as error:
            say(str(error))
            return 1
    for line in report(builds, verdicts):
        say(line)
    return int(any(build.failures for build in builds) or not all(each.is_equal for each in verdicts))


def make_world(folder: Path, people: int, say: Callable[[str], None]) -> Path:
    """A demo world of its own: every room of the lake has rows."""
    home = folder / "home"
    say(f"making a world of {people} people …")
    command = [
        str(Path(sys.executable).with_name("kith")),
        "sandbox",
        "demo",
        "--people",
        str(people),
        *WORLD,
    ]
    done = subprocess.run(
        command, env={**os.environ, "KITH_HOME": str(home)}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise KithError("the world could not be made", where=" ".join(command), way_out=done.stderr[-500:])
    return home


def both(
    home: Path, folder: Path, say: Callable[[str], None] = lambda line: None
) -> tuple[list[Build], list[Verdict]]:
    """Both builds of a home and the verdict on each published table."""
    if not (home / "lake").is_dir():
        raise KithError("there is no lake", where=str(home), way_out="name a home of Kith: HOME_DIR=data")
    builds = [build_on_duckdb(home, folder)]
    say(builds[0].summary())
    with spark_remote(folder) as remote:
        builds.append(build_on_spark(home, folder, remote))
        say(builds[1].summary())
        left, right = DuckDBTables(warehouse(folder)), SparkTables(remote)
        try:
            return builds, [compare(table, left, right) for table in published_tables(folder)]
        finally:
            left.close()
            right.close()


def report(builds: list[Build], verdicts: list[Verdict]) -> list[str]:
    """The table of checksums, what failed, and the first rows that differ."""
    width = max(len(each.table) for each in verdicts)
    lines = [f"{'table':<{width}}  {'rows':>10}  {'duckdb':<12}  {'spark':<12}  equal"]
    for each in verdicts:
        told = "yes" if each.is_equal else "NO"
        lines.append(
            f"{each.table:<{width}}  {each.left.row_count:>10,}  {each.left.checksum:<12}  "
            f"{each.right.checksum:<12}  {told}"
        )
    for each in verdicts:
        lines += [f"{each.table}: {difference}" for difference in each.differences]
    for build in builds:
        lines += [f"{build.engine}: {failure}" for failure in build.failures[:SHOWN]]
        lines += [f"{build.engine}: … and {len(build.failures) - SHOWN} more"] * (len(build.failures) > SHOWN)
    equal = sum(each.is_equal for each in verdicts)
    return [*lines, f"{equal} of {len(verdicts)} published tables are equal"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], lambda line: print(line, flush=True)))
