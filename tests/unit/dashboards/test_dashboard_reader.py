"""Readers follow the pointer, cache by run, and read the snapshot alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
import streamlit as st

from dashboards.reader import Reader, open_reader, pointed_run
from kith.run import Run
from kith.settings import Settings
from tests.unit.dashboards.conftest import Draw
from tests.unit.dashboards.shop_people import AS_OF
from tests.unit.dashboards.snapshot import publish_shop
from tests.unit.dashboards.test_dashboard_pages import metric, words

COUNT = "SELECT count(*) AS people FROM profiles"


@pytest.fixture(autouse=True)
def _fresh_caches() -> None:
    st.cache_data.clear()
    st.cache_resource.clear()


def opened(settings: Settings) -> Reader:
    reader = open_reader(settings)
    assert reader is not None
    return reader


def test_reader__is_none_before_the_first_run(settings: Settings) -> None:
    assert open_reader(settings) is None
    assert pointed_run(settings) is None


def test_reader__follows_the_pointer(settings: Settings) -> None:
    publish_shop(settings, people=10)
    assert opened(settings).row(COUNT) == {"people": 10}
    later = publish_shop(settings, people=12, at=AS_OF + timedelta(days=1))
    assert opened(settings).run_id == later.run_id == pointed_run(settings)
    assert opened(settings).row(COUNT) == {"people": 12}


def test_reader__an_earlier_run_keeps_its_answers(settings: Settings) -> None:
    publish_shop(settings, people=10)
    earlier = opened(settings)
    publish_shop(settings, people=12, at=AS_OF + timedelta(days=1))
    assert earlier.row(COUNT) == {"people": 10}


def test_reader__parameters_are_no_sql(settings: Settings, shop: Run) -> None:
    sql = "SELECT count(*) AS hits FROM profiles WHERE user_id = $wanted"
    assert opened(settings).row(sql, wanted="x' OR 'x' = 'x") == {"hits": 0}


def test_reader__names_missing_tables(settings: Settings, shop: Run) -> None:
    assert opened(settings).missing("profiles", "no_such_table") == ("no_such_table",)


def test_reader__never_opens_the_warehouse_file(settings: Settings, shop: Run) -> None:
    shop.warehouse.write_bytes(b"whoever opens this fails")
    assert opened(settings).row(COUNT) == {"people": 240}


def test_page__picks_a_new_snapshot_up(settings: Settings, draw: Draw) -> None:
    publish_shop(settings, people=10)
    app = draw("overview")
    before = metric(app, "People")
    later = publish_shop(settings, people=120, at=AS_OF + timedelta(days=1))
    app.run()
    assert metric(app, "People") != before
    assert later.run_id in words(app)


def test_page__says_that_the_snapshot_is_gone(settings: Settings, draw: Draw, shop: Run) -> None:
    (shop.path / "run.parquet").unlink()
    app = draw("overview")
    assert not app.exception
    assert "can't be read just now" in app.warning[0].value
