"""Chromium, and the dashboards over a shop: the hand-made one, or the home that KITH_BROWSER_HOME names."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dashboards.service import dashboards_command
from kith.init import initialise
from kith.settings import load_settings
from tests.browser.chromium import EXECUTABLE, FLAGS, Scheme, Visit, new_visit
from tests.browser.servers import ask_kith, free_port, serving
from tests.unit.dashboards.snapshot import publish_shop

if TYPE_CHECKING:
    from playwright.sync_api import Browser

Open = Callable[..., Visit]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed: make browsers"
    )
    if not EXECUTABLE.exists():
        pytest.skip(f"Chromium is not at {EXECUTABLE}: apt-get install chromium")
    with playwright.sync_playwright() as started:
        found = started.chromium.launch(executable_path=str(EXECUTABLE), args=FLAGS)
        yield found
        found.close()


@pytest.fixture(scope="session")
def shop_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a published run."""
    if given := os.environ.get("KITH_BROWSER_HOME"):
        return Path(given).absolute()
    settings = load_settings(home=tmp_path_factory.mktemp("shop") / "home")
    initialise(settings)
    publish_shop(settings)
    return settings.home


@pytest.fixture(scope="session")
def dashboards(shop_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the dashboards over the shop."""
    with serving_dashboards(shop_home, tmp_path_factory.mktemp("logs") / "dashboards.log") as address:
        yield address


@pytest.fixture
def visit(browser: Browser) -> Iterator[Open]:
    """Open an address; at the end nothing may have gone wrong in any tab."""
    visits: list[Visit] = []

    def _open(address: str, scheme: Scheme = "light") -> Visit:
        visits.append(new_visit(browser, scheme))
        visits[-1].open(address)
        return visits[-1]

    yield _open
    complaints = [complaint for each in visits for complaint in each.complain()]
    for each in visits:
        each.tab.context.close()
    assert complaints == []


@pytest.fixture(scope="session")
def ask(shop_home: Path) -> Callable[[str], dict[str, Any]]:
    """The first row of what `kith query` answers over the shop."""
    return lambda sql: next(iter(ask_kith(shop_home, sql)), {})


def serving_dashboards(home: Path, log: Path):
    """A context manager: the dashboards over a home, by the very command of `kith up`; yields the address."""
    from contextlib import contextmanager

    @contextmanager
    def _serving() -> Iterator[str]:
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        command = dashboards_command(load_settings(home=home), port)
        with serving(command, f"{address}/_stcore/health", log, {"KITH_HOME": str(home)}):
            yield address

    return _serving()
