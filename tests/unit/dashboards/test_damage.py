"""A published file that is cut off or damaged: every page names the table, the run and the way out."""

from __future__ import annotations

from pathlib import Path

import pytest
import streamlit as st

from dashboards.damage import DamagedTable
from dashboards.downloads import _batches
from dashboards.reader import open_reader
from kith.registry import plugin_names
from kith.run import Run
from kith.settings import Settings
from tests.unit.dashboards.conftest import Draw
from tests.unit.dashboards.test_dashboard_pages import words

PAGES = plugin_names("dashboards.pages")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def spoil(path: Path) -> None:
    """No column says anything any more; the directory at the end of the file is whole."""
    content = bytearray(path.read_bytes())
    directory = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    content[4:directory] = b"\xff" * (directory - 4)
    path.write_bytes(content)


def test_pages__name_a_table_that_was_cut_off(draw: Draw, shop: Run) -> None:
    cut(shop.path / "orders.parquet")
    for page in PAGES:
        app = draw(page)
        assert not app.exception, page
        told = words(app)
        said = [each in told for each in ("Table `orders` can't be read", shop.run_id, "`kith run`")]
        assert all(said), (page, told)


def test_pages__draw_no_exception_where_no_table_can_be_read(draw: Draw, shop: Run) -> None:
    for path in shop.path.glob("*.parquet"):
        if path.stem != "run":
            spoil(path)
    assert {page for page in PAGES if draw(page).exception} == set()


def test_overview__names_the_table_that_it_could_not_read(draw: Draw, shop: Run) -> None:
    spoil(shop.path / "orders.parquet")
    app = draw("overview")
    assert not app.exception
    assert "Table `orders` can't be read" in words(app)


def test_run_s_own_file__is_named_too(draw: Draw, shop: Run) -> None:
    cut(shop.path / "run.parquet")
    assert "Table `run` can't be read" in words(draw("overview"))


def test_download__names_it(shop: Run, settings: Settings) -> None:
    st.cache_resource.clear()
    spoil(shop.path / "orders.parquet")
    reader = open_reader(settings)
    assert reader is not None
    with pytest.raises(DamagedTable, match=r"table orders .* `kith run`"):
        list(_batches(reader, "SELECT * FROM orders", {}))


def test_mistaken_question__is_no_damage(shop: Run, settings: Settings) -> None:
    st.cache_resource.clear()
    reader = open_reader(settings)
    assert reader is not None
    with pytest.raises(Exception, match="no_such_column"):
        reader.rows("SELECT no_such_column FROM orders")
