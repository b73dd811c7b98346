"""A corpus of mistakes: each kind is caught, where it stands, with a way out; and without one lint is silent."""

from __future__ import annotations

from pathlib import Path
from shutil import copy, copytree
from typing import Any

import pytest

from activation.journeys.linting import Finding, Severity, lint
from activation.journeys.programme import load_programme
from kith.definitions import read_yaml
from kith.errors import KithError
from kith.settings import Settings, load_settings

CORPUS = Path(__file__).parent / "mutations"
FOLDERS = {
    "rich.yml": "journeys",
    "rich_part.yml": "journeys",
    "rich_news.yml": "campaigns",
    "marketing.yml": "caps",
}
KINDS: dict[str, list[dict[str, Any]]] = read_yaml(CORPUS / "kinds.yml")[0]
CASES = [(file, kind) for file, kinds in KINDS.items() for kind in kinds]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The shipped definitions, and beside them a journey, a part and a campaign that say a little of everything."""
    folder = tmp_path_factory.mktemp("corpus") / "definitions"
    shipped = load_settings()
    copytree(shipped.definitions, folder)
    (folder / "journeys").mkdir(exist_ok=True)
    for name in ("rich.yml", "rich_part.yml", "rich_news.yml"):
        copy(CORPUS / name, folder / FOLDERS[name])
    return shipped.model_copy(update={"definitions": folder, "home": folder.parent / "home"})


def path_of(settings: Settings, file: str) -> Path:
    return settings.definitions / FOLDERS.get(file, "templates") / file


def test_corpus__has_a_hundred_kinds_and_more() -> None:
    assert len(CASES) >= 100
    assert len({(file, kind["old"], kind["new"]) for file, kind in CASES}) == len(CASES)


def test_corpus__is_clean_without_a_mistake(own: Settings) -> None:
    assert lint(own) == []
    assert {"rich", "rich_news"} <= set(load_programme(own).graphs)


@pytest.mark.parametrize(
    ("file", "kind"), CASES, ids=lambda value: value if isinstance(value, str) else value["new"][:50]
)
def test_mistake__is_told_by_file_line_and_way_out(own: Settings, file: str, kind: dict[str, Any]) -> None:
    path = path_of(own, file)
    text = path.read_text(encoding="utf-8")
    assert kind["old"] in text
    path.write_text(text.replace(kind["old"], kind["new"], 1), encoding="utf-8")
    try:
        found, refused = lint(own), _refused(own)
    finally:
        path.write_text(text, encoding="utf-8")
    place = _place(own, file, kind, text)
    told = [each for each in found if _is_at(each, place, kind) and each.rule == kind.get("rule", "refused")]
    assert told, found
    assert all(each.way_out or "expected" in each.problem for each in told), told
    assert refused is None or (refused.where and Severity.ERROR in {each.severity for each in found})


def _place(own: Settings, file: str, kind: dict[str, Any], text: str) -> str:
    line = kind.get("line", text[: text.index(kind["old"])].count("\n") + 1)
    place = str(path_of(own, kind.get("file", file))) + (f":{line}" if line else "")
    return place + (f": {kind['field']}" if "field" in kind else "")


def _is_at(finding: Finding, place: str, kind: dict[str, Any]) -> bool:
    if "place" in kind:
        return kind["place"] in finding.where
    return finding.where == place or ("field" not in kind and finding.where.startswith(place))


def _refused(own: Settings) -> KithError | None:
    """Reading it for a run ends in no error of Python's."""
    try:
        load_programme(own)
    except KithError as error:
        return error
    return None
