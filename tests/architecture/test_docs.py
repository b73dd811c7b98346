"""Docs tell of files that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kith.settings import PROJECT

PAGES = sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md")])
ROOMS = (
    "kith|ingestion|identity|dbt|ml|measurement|activation|api|dashboards|dagster_project|sandbox|tests|docs"
)
IN_TICKS = re.compile(
    rf"`((?:{ROOMS})/[\w./{{}},*<>-]*|[\w.-]+\.(?:toml|yaml|lock)|Makefile|\.env\.example)`"
)
LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#]+)")


def paths_of(page: Path) -> list[tuple[str, Path]]:
    text = page.read_text(encoding="utf-8")
    named = [(path, PROJECT) for path in IN_TICKS.findall(text)]
    return [*named, *((path, page.parent) for path in LINK.findall(text))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_docs__name_paths_that_exist(page: Path) -> None:
    missing = [path for path, base in paths_of(page) if not _exists(path, base)]
    assert not missing, f"{page.relative_to(PROJECT)} names what isn't there: {missing}"


def test_docs__hold_the_pages_that_were_promised() -> None:
    wanted = [
        PROJECT / "docs" / "adding" / f"{thing}.md"
        for thing in ("source", "segment", "attribute", "campaign", "model", "channel")
    ]
    assert not [page.name for page in [*wanted, PROJECT / "docs" / "architecture.md"] if not page.exists()]


def _exists(path: str, base: Path) -> bool:
    if "<" in path:  # a place-holder such as ml/models/<name>.py: its folder must be there
        return (base / path.split("<")[0].rstrip("/")).is_dir() or (base / path.split("<")[0]).parent.is_dir()
    if "{" in path:
        head, choices, tail = re.split(r"[{}]", path, maxsplit=2)
        return all((base / f"{head}{choice}{tail}").exists() for choice in choices.split(","))
    return any(base.glob(path)) if "*" in path else (base / path).exists()
