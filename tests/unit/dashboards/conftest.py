"""The hand-made shop, published; and the app drawn without a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from kith.run import Run
from kith.settings import Settings
from kith.warehouse import Warehouse
from tests.unit.dashboards.snapshot import publish_shop

Draw = Callable[..., AppTest]


@pytest.fixture
def shop(settings: Settings) -> Run:
    """The shop, published in a fresh home."""
    return publish_shop(settings)


@pytest.fixture
def ask(settings: Settings, shop: Run) -> Iterator[Callable[..., Any]]:
    """Ask the shop's snapshot in SQL, as `kith query` would: the first value of the answer."""
    with Warehouse(settings) as warehouse:
        warehouse.attach_snapshot(shop.snapshot)
        yield warehouse.value


@pytest.fixture
def draw(settings: Settings) -> Iterator[Draw]:
    """Draw a page; named arguments are the address's parameters."""
    st.cache_data.clear()
    st.cache_resource.clear()

    def _draw(page: str, **parameters: str) -> AppTest:
        app = AppTest.from_function(_page_script, args=(page,), default_timeout=30)
        for name, text in parameters.items():
            app.query_params[name] = text
        return app.run()

    yield _draw
    st.cache_resource.clear()


def _page_script(page: str) -> None:
    from dashboards.frame.navigation import draw_page
    from dashboards.page import Page
    from kith.registry import plugin
    from kith.settings import load_settings

    draw_page(plugin("dashboards.pages", page, Page), load_settings())
