"""The house keeps its own rules: entry points lead somewhere, dbt/ holds no Python, locks hold no address."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import click
import pytest

from kith.cli.up import declared_services
from kith.lake import lake_tables
from kith.settings import PROJECT
from kith.state.revisions import folders

ROOMS = [
    "kith",
    "ingestion",
    "identity",
    "ml",
    "measurement",
    "activation",
    "api",
    "dashboards",
    "dagster_project",
    "sandbox",
]
FILES = sorted(path for room in ROOMS for path in (PROJECT / room).rglob("*.py"))
LARGEST_FILE = 400
CLOCKS = re.compile(r"\b(datetime\.now|datetime\.utcnow|date\.today|time\.time)\(")


@pytest.mark.parametrize("point", sorted(entry_points(group="kith.commands")), ids=lambda point: point.name)
def test_commands__load_and_explain_themselves(point) -> None:
    command = point.load()
    assert isinstance(command, click.Command)
    assert command.help, f"kith {point.name} has no help"


@pytest.mark.parametrize("point", sorted(entry_points(group="kith.commands")), ids=lambda point: point.name)
def test_commands__load_nothing_heavy(point) -> None:
    heavy = {"dagster", "mlflow", "pandas", "great_expectations", "sklearn", "dbt", "streamlit", "scipy"}
    program = f"import sys, {point.module}; print(sorted({heavy!r} & set(sys.modules)))"
    child = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert child.stdout.strip() == "[]"


def test_lake_tables__have_names_of_their_own() -> None:
    names = [(table.room, table.name) for table in lake_tables()]
    assert len(names) == len(set(names))


def test_migrations__have_a_folder_each() -> None:
    assert len(folders()) == 1 + len(entry_points(group="kith.migrations"))
    assert all(any(folder.glob("*.py")) for folder in folders())


def test_services__stay_on_loopback() -> None:
    assert declared_services()
    assert all("127.0.0.1" in service.url for service in declared_services())


def test_dbt__is_sql_and_yaml_alone() -> None:
    assert not list((PROJECT / "dbt").rglob("*.py"))
    import dbt.cli.main  # the installed dbt, not our folder

    assert ".venv" in str(dbt.cli.main.__file__) or "site-packages" in str(dbt.cli.main.__file__)


@pytest.mark.parametrize("lock", sorted(PROJECT.glob("requirements*.lock")), ids=lambda lock: lock.name)
def test_locks__hold_hashes_and_no_address(lock: Path) -> None:
    text = lock.read_text()
    assert "--hash=sha256:" in text
    assert not re.search(r"https?://|file:|--(extra-)?index-url", text)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PROJECT)))
def test_files__are_small(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LARGEST_FILE


def test_rooms__never_read_the_clock_or_the_environment() -> None:
    allowed = {"kith/settings.py", "kith/clock.py"}
    guilty = [
        str(path.relative_to(PROJECT))
        for path in FILES
        if str(path.relative_to(PROJECT)) not in allowed
        and (CLOCKS.search(path.read_text(encoding="utf-8")) or _reads_environment(path))
    ]
    assert not guilty


def _reads_environment(path: Path) -> bool:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv"):
            return isinstance(node.value, ast.Name) and node.value.id == "os"
    return False
