"""Dashboards as files: what they say, whose they are, what is wrong with one, and two who save at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import settings as settings_of
from hypothesis import strategies as some

from dashboards.board import Board, Condition, Period, Tile, board_yaml, json_schema
from dashboards.board_linting import lint
from dashboards.boards.export import board_html
from dashboards.boards.files import (
    delete_board,
    free_name,
    kept_boards,
    make_board,
    may_edit,
    open_board,
    rename_board,
    save_board,
)
from dashboards.boards.view import rows_of
from dashboards.editing import Overtaken
from dashboards.formatting import Spelling
from dashboards.reader import open_reader
from kith.accounts import Role, Visitor
from kith.definitions import load_definition
from kith.errors import KithError
from kith.run import Run
from kith.settings import PROJECT, Settings
from tests.unit.dashboards.conftest import Draw

ADA, ANNE, VIC = Visitor("ada", Role.ADMIN), Visitor("anne", Role.ANALYST), Visitor("vic", Role.VIEWER)
BOARD = Board(
    name="trade",
    title="Trade",
    shared=True,
    period=Period(days=28),
    filters=(Condition.model_validate({"dimension": "country", "is": ["GB"]}),),
    tiles=(Tile(text="**Hello**\n\nthere", width=4), Tile(metrics=("orders",), grain="day")),
)
TEXTS = some.text(some.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=80)


@pytest.fixture
def settings(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A workspace whose definitions are its own, and empty."""
    folder = tmp_path / "definitions"
    folder.mkdir()
    monkeypatch.setenv("KITH_DEFINITIONS", str(folder))
    return settings.model_copy(update={"definitions": folder})


@settings_of(deadline=None)
@example(title="0E0", text="1e3", values=["2E5", "NO", "~", "1_000"])
@given(title=TEXTS, text=TEXTS, values=some.lists(TEXTS, min_size=1, max_size=4))
def test_board__is_read_again_as_it_was_written(
    tmp_path_factory, title: str, text: str, values: list[str]
) -> None:
    condition = Condition(dimension="country", is_not=tuple(values))
    tiles = (Tile(text=f"{text}\n{title}"), Tile(title=title, metrics=("orders",), filters=(condition,)))
    board = BOARD.model_copy(update={"title": title, "description": text, "tiles": tiles})
    path = tmp_path_factory.mktemp("board") / "trade.yml"
    path.write_text(board_yaml(board), encoding="utf-8")
    assert load_definition(path, Board).body == board


FAULTS = [
    ("name: x\ntitle: X\ntiles:\n- metrics: [orders]\n  colour: red\n", 5, "no such field"),
    ("name: x\ntitle: X\ntiles:\n- metrics: [ordrs]\n", 4, "no metric named ordrs"),
    ("name: x\ntitle: X\ntiles:\n- metrics: [orders]\n  by: [planet]\n", 5, "can't be told by planet"),
    ("name: x\ntitle: X\ntiles:\n- {width: 2}\n", 4, "text, metrics"),
    ("name: x\ntitle: X\nperiod: {days: 7, from: 2026-01-01}\n", 3, "one of the two ways"),
    ("name: y\ntitle: X\n", 1, "in a file named x"),
    ("name: x\n\ttitle: X\n", 2, "no valid YAML"),
]


def test_lint__names_the_line_of_each_fault(settings: Settings, shop: Run) -> None:
    path = settings.definitions / "dashboards" / "x.yml"
    path.parent.mkdir()
    for text, line, problem in FAULTS:
        path.write_text(text, encoding="utf-8")
        [remark] = [each for each in lint(settings, path) if each.severity == "error"]
        assert (remark.line, problem in remark.message) == (line, True), remark


def test_shipped_dashboards__are_without_fault(shop: Run, settings: Settings) -> None:
    files = sorted((PROJECT / "activation" / "definitions" / "dashboards").glob("*.yml"))
    assert files
    assert {path.name: lint(settings, path) for path in files} == {path.name: [] for path in files}


def test_schema__knows_every_field() -> None:
    assert set(json_schema()["properties"]) == set(Board.model_fields)


def test_boards__their_owner_edits_them_and_others_see_what_is_shared(settings: Settings) -> None:
    make_board(BOARD, ANNE, settings)
    make_board(BOARD.model_copy(update={"name": "own", "shared": False}), ANNE, settings)
    seen = {
        visitor.name: [each.name for each in kept_boards(settings, visitor)] for visitor in (ADA, ANNE, VIC)
    }
    assert {name: sorted(names) for name, names in seen.items()} == {
        "ada": ["own", "trade"], "anne": ["own", "trade"], "vic": ["trade"],
    }  # fmt: skip
    draft, board = open_board(settings, "trade")
    assert board.owner == "anne"
    bert = Visitor("bert", Role.MARKETER)
    assert not may_edit(bert, board)
    for act in (
        lambda: save_board(draft, board, bert, settings),
        lambda: delete_board(draft, bert, settings),
        lambda: rename_board(draft, board, "mine", bert, settings),
    ):
        with pytest.raises(KithError, match="belongs to anne"):
            act()
    with pytest.raises(KithError, match="vic is viewer"):
        make_board(BOARD.model_copy(update={"name": "vics"}), VIC, settings)


def test_boards__the_second_of_two_is_told_and_loses_nothing(settings: Settings) -> None:
    make_board(BOARD, ANNE, settings)
    (mine, board), (theirs, _) = open_board(settings, "trade"), open_board(settings, "trade")
    save_board(theirs, board.model_copy(update={"title": "Theirs"}), ADA, settings)
    with pytest.raises(Overtaken) as told:
        save_board(mine, board.model_copy(update={"title": "Mine"}), ANNE, settings)
    assert "Theirs" in (told.value.theirs or "")
    assert "Mine" in told.value.mine
    assert open_board(settings, "trade")[1].title == "Theirs"


def test_boards__a_name_is_made_of_the_title_and_never_taken(settings: Settings) -> None:
    assert free_name(settings, "Trade by Country!") == "trade_by_country"
    make_board(BOARD, ANNE, settings)
    assert free_name(settings, "Trade") == "trade_2"
    assert free_name(settings, "2026 – 日本") == "dashboard"


def test_boards__a_renamed_one_is_where_it_says(settings: Settings) -> None:
    make_board(BOARD, ANNE, settings)
    draft, board = open_board(settings, "trade")
    rename_board(draft, board, "commerce", ANNE, settings)
    assert [each.name for each in kept_boards(settings, ANNE)] == ["commerce"]
    assert open_board(settings, "commerce")[1].name == "commerce"


def test_rows__hold_four_columns_and_every_tile_in_order() -> None:
    tiles = [Tile(text="x", width=width) for width in (2, 2, 3, 2, 4, 1, 1, 1, 1)]
    rows = [[tile.width for _, tile in row] for row in rows_of(tiles)]
    assert rows == [[2, 2], [3], [2], [4], [1, 1, 1, 1]]
    assert [at for row in rows_of(tiles) for at, _ in row] == list(range(len(tiles)))


def test_page__a_link_narrows_a_dashboard(settings: Settings, draw: Draw, ask: Callable[..., Any]) -> None:
    tile = Tile(metrics=("sessions",), chart="number")
    make_board(BOARD.model_copy(update={"tiles": (tile,), "filters": (), "period": Period()}), ADA, settings)
    country = ask(
        "SELECT country FROM profiles WHERE NOT is_bot GROUP BY country ORDER BY count(*) DESC LIMIT 1"
    )
    whole, part = (draw("my", dashboard="trade", **more) for more in ({}, {"filter": f"country:{country}"}))
    assert not whole.exception
    assert not part.exception
    totals = [int(app.metric[0].value.replace(",", "")) for app in (whole, part)]
    assert 0 < totals[1] < totals[0]


def test_page__a_faulty_file_is_said_and_can_be_mended(settings: Settings, draw: Draw, shop: Run) -> None:
    path = settings.definitions / "dashboards" / "broken.yml"
    path.parent.mkdir()
    path.write_text("name: broken\ntiles: 7\n", encoding="utf-8")
    app = draw("my", dashboard="broken")
    assert not app.exception
    assert "broken\\.yml\\:2" in app.warning[0].value
    app.text_area[0].set_value("name: broken\ntitle: Whole again\n")
    app.button(key="mend_save").click().run()
    assert open_board(settings, "broken")[1].title == "Whole again"


def test_page__tiles_are_moved_resized_and_saved(settings: Settings, draw: Draw, shop: Run) -> None:
    make_board(BOARD.model_copy(update={"filters": ()}), ADA, settings)
    app = draw("my", dashboard="trade")
    app.button(key="board_edit").click().run()
    app.button(key="board_trade_0_forth0").click().run()
    assert not app.exception
    app.button(key="board_add_words").click().run()
    app.button(key="board_save").click().run()
    assert not app.exception
    saved = open_board(settings, "trade")[1]
    assert [bool(tile.text) for tile in saved.tiles] == [False, True, True]


def test_export__is_one_file_that_needs_nothing_and_escapes_what_it_holds(
    settings: Settings, shop: Run
) -> None:
    reader = open_reader(settings)
    assert reader is not None
    tiles = (Tile(text="<script>alert(1)</script>"), Tile(metrics=("orders",), by=("country",), chart="bars"))
    told = board_html(reader, BOARD.model_copy(update={"tiles": tiles, "filters": ()}), Spelling())
    assert "<script" not in told
    assert "http://" not in told
    assert "https://" not in told
    assert "<svg" in told
    assert 'lang="en"' in told
