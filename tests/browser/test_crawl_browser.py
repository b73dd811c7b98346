"""Every page for every role, light and dark: nothing breaks, nothing is fetched from elsewhere, nobody sees a page that
isn't theirs, and the figures are those that `kith query` gives.

Pages join by being there; the figures that are held against SQL are those of FIGURES.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dashboards.page import Page
from kith.accounts import Accounts, Role, Visitor
from kith.init import initialise
from kith.registry import plugins
from kith.settings import load_settings
from kith.state import StateDatabase
from tests.browser.chromium import Scheme, Visit, new_visit
from tests.browser.conftest import serving_dashboards
from tests.browser.servers import ask_kith
from tests.unit.dashboards.snapshot import publish_shop

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
PASSWORD = "correct horse battery"
NOW = datetime(2026, 5, 1, tzinfo=UTC)
PAGES = plugins("dashboards.pages", Page)
#: What a page says when it broke, whatever the settings show of it.
BROKEN = re.compile(r"Traceback|This app has encountered an error|[A-Z]\w+(?:Error|Exception)\b")

#: Page, label of the figure, and the SQL that gives it. Counts alone: money and rates are spelled in many ways.
FIGURES = [
    ("overview", "People", "SELECT count(*) AS n FROM profiles WHERE NOT is_bot"),
    ("overview", "Orders", "SELECT count(*) AS n FROM orders WHERE NOT is_cancelled"),
    (
        "overview",
        "E-mails accepted",
        "SELECT count(*) AS n FROM messages WHERE outcome = 'accepted' AND channel = 'email'",
    ),
    (
        "my?dashboard=messages&from=2000-01-01",
        "Messages sent",
        "SELECT count(*) AS n FROM messages WHERE outcome = 'accepted'",
    ),
    (
        "metrics?metrics=sessions&chart=number",
        "Sessions",
        "SELECT count(*) AS n FROM sessions WHERE NOT coalesce(is_bot, false)",
    ),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop in which there is somebody of each role."""
    settings = load_settings(home=tmp_path_factory.mktemp("crawl") / "home")
    initialise(settings)
    publish_shop(settings)
    database = StateDatabase.open(settings)
    accounts = Accounts(database)
    for role in sorted(Role, key=lambda each: each is not Role.ADMIN):
        accounts.add(role.value, role, PASSWORD, actor="test", now=NOW)
    database.close()
    return settings.home


@pytest.fixture(scope="module")
def closed(home: Path) -> Iterator[str]:
    """The address of its dashboards."""
    with serving_dashboards(home, home.parent / "dashboards.log") as address:
        yield address


def enter(browser: Browser, address: str, role: Role, scheme: Scheme = "light") -> Visit:
    """A tab of somebody who has just signed in."""
    visit = new_visit(browser, scheme)
    visit.tab.goto(address)
    visit.tab.get_by_label("Name").fill(role.value)
    visit.tab.get_by_label("Password").fill(PASSWORD)
    visit.tab.get_by_role("button", name="Sign in").click()
    visit.tab.wait_for_selector('[data-testid="stSidebarNav"]', timeout=60_000)
    visit.settle()
    return visit


def open_to(role: Role) -> set[str]:
    """The pages of a role, as their files say."""
    visitor = Visitor("somebody", role)
    return {name for name, page in PAGES.items() if page.right is None or visitor.may(page.right)}


@pytest.mark.parametrize("role", list(Role))
def test_crawl__every_page_of_a_role_opens_whole(closed: str, browser: Browser, role: Role) -> None:
    scheme: Scheme = "dark" if role is Role.MARKETER else "light"
    visit = enter(browser, closed, role, scheme)
    broken: dict[str, list[str]] = {}
    for name in sorted(open_to(role)):
        visit.open(f"{closed}/{name}")
        words = visit.words()
        found = [*visit.complain(), *BROKEN.findall(words)]
        if PAGES[name].title not in visit.tab.locator("h1").all_inner_texts():
            found.append("it has another heading")
        if role in (Role.ADMIN, Role.MARKETER):
            visit.photograph(f"page-{name}")
        if found:
            broken[name] = found
        visit.faults.clear()
    visit.tab.context.close()
    assert broken == {}


@pytest.mark.parametrize("role", list(Role))
def test_crawl__nobody_sees_a_page_that_is_not_theirs(closed: str, browser: Browser, role: Role) -> None:
    visit = enter(browser, closed, role)
    listed = visit.tab.locator('[data-testid="stSidebarNavLink"]').all_inner_texts()
    # An icon is a ligature: its name stands before the title.
    titles = [text.strip().split("\n")[-1] for text in listed]
    assert sorted(titles) == sorted(PAGES[name].title for name in open_to(role))
    for name in sorted(set(PAGES) - open_to(role)):
        visit.tab.goto(f"{closed}/{name}")
        visit.settle()
        assert PAGES[name].title not in visit.tab.locator("h1").all_inner_texts()
    visit.tab.context.close()


def test_crawl__figures_are_those_of_kith_query(home: Path, closed: str, browser: Browser) -> None:
    visit = enter(browser, closed, Role.VIEWER)
    wrong = {}
    for page, label, sql in FIGURES:
        visit.open(f"{closed}/{page}")
        [row] = ask_kith(home, sql)
        if visit.figure(label) != f"{row['n']:,}":
            wrong[page, label] = (visit.figure(label), row["n"])
    visit.tab.context.close()
    assert wrong == {}


def test_crawl__the_page_names_its_language_and_the_keyboard_reaches_it(
    closed: str, browser: Browser
) -> None:
    visit = enter(browser, closed, Role.ADMIN)
    assert visit.tab.evaluate("document.documentElement.lang").startswith("en")
    reached = set()
    for _ in range(40):
        visit.tab.keyboard.press("Tab")
        reached.add(
            visit.tab.evaluate("document.activeElement.innerText || document.activeElement.ariaLabel || ''")
        )
    titles = {PAGES[name].title for name in open_to(Role.ADMIN)}
    assert len(titles & {text.strip().split("\n")[-1] for text in reached}) >= len(titles) - 1
    visit.tab.context.close()
