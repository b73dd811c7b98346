"""Somebody makes a dashboard, fills it, saves it and sends its link; a second editor is told."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dashboards.board import Board, Period, Tile, board_yaml
from kith.definitions import load_definition
from kith.init import initialise
from kith.settings import HOME_SETTINGS, PROJECT, child_environment, load_settings
from tests.browser.conftest import serving_dashboards
from tests.unit.dashboards.snapshot import publish_shop

if TYPE_CHECKING:
    from tests.browser.chromium import Visit
    from tests.browser.conftest import Open

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with definitions of its own: one dashboard, which is anybody's."""
    home = tmp_path_factory.mktemp("boards") / "home"
    settings = load_settings(home=home)
    initialise(settings)
    publish_shop(settings)
    folder = home.parent / "definitions" / "dashboards"
    folder.mkdir(parents=True)
    tile = Tile(metrics=("sessions",), chart="number", width=4)
    board = Board(
        name="visits", title="Visits", owner="everybody", shared=True, period=Period(), tiles=(tile,)
    )
    (folder / "visits.yml").write_text(board_yaml(board), encoding="utf-8")
    with (home / HOME_SETTINGS).open("a", encoding="utf-8") as lines:
        lines.write(f"\nKITH_DEFINITIONS={folder.parent}\n")
    return home


@pytest.fixture(scope="module")
def address(shop: Path) -> Iterator[str]:
    with serving_dashboards(shop, shop.parent / "dashboards.log") as found:
        yield found


def metric(home: Path, *words: str) -> list[dict]:
    """What `kith metrics query` answers."""
    kith = str(Path(sys.executable).parent / "kith")
    answer = subprocess.run(
        [kith, "metrics", "query", *words, "--format", "json"], env=child_environment(KITH_HOME=str(home)),
        capture_output=True, text=True, check=True, cwd=PROJECT,
    )  # fmt: skip
    return json.loads(answer.stdout)


def press(page: Visit, key: str) -> None:
    """The button of this key, wherever it stands: names of buttons hold the names of their icons."""
    page.tab.locator(f".st-key-{key} button").first.click()


def test_dashboard__is_made_filled_saved_and_opened_by_its_link(
    shop: Path, address: str, visit: Open
) -> None:
    page = visit(f"{address}/my?dashboard=visits")
    [told] = metric(shop, "sessions")
    assert page.figure("Sessions") == f"{told['sessions']:,}"
    page.photograph("my-visits")
    page.tab.get_by_role("button", name="New dashboard").click()
    page.tab.locator(".st-key-my_new_title input").fill("Trade by day")
    page.tab.keyboard.press("Enter")
    page.settle()
    press(page, "my_new")
    page.settle()
    press(page, "board_add_figures")
    page.settle()
    page.photograph("my-editing")
    press(page, "board_save")
    page.settle()
    path = shop.parent / "definitions" / "dashboards" / "trade_by_day.yml"
    saved = load_definition(path, Board).body
    assert (saved.title, saved.owner, saved.shared) == ("Trade by day", "everybody", False)
    assert [tile.metrics for tile in saved.tiles] == [("orders",)]
    other = visit(page.tab.url, "dark")
    assert other.charts() == 1
    other.photograph("my-by-link")


def test_dashboard__a_link_narrows_it_as_the_command_does(shop: Path, address: str, visit: Open) -> None:
    [most, *_] = metric(shop, "sessions", "--by", "profile__country", "--order", "-sessions")
    country = most["country"]
    page = visit(f"{address}/my?dashboard=visits&filter=profile__country:{country}")
    [told] = metric(shop, "sessions", "--where", f"profile__country = '{country}'")
    assert page.figure("Sessions") == f"{told['sessions']:,}"


def test_dashboard__the_second_editor_is_told_and_loses_nothing(
    shop: Path, address: str, visit: Open
) -> None:
    path = shop.parent / "definitions" / "dashboards" / "visits.yml"
    page = visit(f"{address}/my?dashboard=visits")
    press(page, "board_edit")
    page.settle()
    press(page, "board_add_words")
    page.settle()
    path.write_text(
        path.read_text(encoding="utf-8").replace("title: Visits", "title: Theirs"), encoding="utf-8"
    )
    press(page, "board_save")
    page.settle()
    assert "was changed by somebody else" in page.words()
    assert "title: Theirs" in page.words()
    page.photograph("my-overtaken")
    assert load_definition(path, Board).body.title == "Theirs"
    press(page, "board_mine")
    page.settle()
    saved = load_definition(path, Board).body
    assert (saved.title, len(saved.tiles)) == ("Visits", 2)
