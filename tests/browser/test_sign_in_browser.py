"""Signing in, what a viewer sees of people, and signing out, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kith.accounts import Accounts, Role
from kith.init import initialise
from kith.settings import load_settings
from kith.state import StateDatabase
from tests.browser.chromium import Scheme, Visit, new_visit
from tests.browser.conftest import serving_dashboards
from tests.browser.servers import ask_kith
from tests.unit.dashboards.snapshot import publish_shop

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser
PASSWORD = "correct horse battery"
NOW = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop in which two people have accounts."""
    settings = load_settings(home=tmp_path_factory.mktemp("closed") / "home")
    initialise(settings)
    publish_shop(settings)
    database = StateDatabase.open(settings)
    for name, role in (("ada", Role.ADMIN), ("vic", Role.VIEWER)):
        Accounts(database).add(name, role, PASSWORD, actor="test", now=NOW)
    database.close()
    return settings.home


@pytest.fixture(scope="module")
def closed(home: Path) -> Iterator[str]:
    """The address of its dashboards."""
    with serving_dashboards(home, home.parent / "dashboards.log") as address:
        yield address


def enter(browser: Browser, address: str, name: str, path: str = "", scheme: Scheme = "light") -> Visit:
    """A tab that went to a page, was sent to the form, filled it in and is back."""
    visit = new_visit(browser, scheme)
    visit.tab.goto(address + path)
    visit.tab.get_by_label("Name").fill(name)
    visit.tab.get_by_label("Password").fill(PASSWORD)
    visit.tab.get_by_role("button", name="Sign in").click()
    visit.tab.wait_for_selector('[data-testid="stSidebarNav"]', timeout=60_000)
    visit.settle()
    return visit


def test_sign_in__leads_back_to_the_page_and_says_who_is_there(closed: str, browser: Browser) -> None:
    visit = enter(browser, closed, "ada", "/segments")
    assert visit.tab.url.endswith("/segments")
    assert "admin" in visit.words()
    visit.tab.get_by_role("button", name="Sign out").click()
    visit.settle()
    visit.photograph("signed-out")
    assert "Please sign in again" in visit.words()
    visit.tab.goto(f"{closed}/segments")
    assert "/sign-in" in visit.tab.url
    assert visit.complain() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_sign_in__form_is_one_to_look_at(closed: str, browser: Browser, scheme: Scheme) -> None:
    visit = new_visit(browser, scheme)
    visit.tab.goto(closed)
    visit.photograph("sign-in")
    assert visit.tab.get_by_label("Name").evaluate("field => field === document.activeElement")


def test_viewer__sees_people_masked_and_an_administrator_does_not(
    home: Path, closed: str, browser: Browser
) -> None:
    told = "SELECT profile_id, email FROM profiles WHERE email IS NOT NULL ORDER BY profile_id LIMIT 1"
    [known] = ask_kith(home, told)
    admin, viewer = (
        enter(browser, closed, name, f"/person?person={known['profile_id']}") for name in ("ada", "vic")
    )
    viewer.photograph("person-masked")
    assert known["email"] in admin.words()
    assert known["email"] not in viewer.words()
    assert "•••" in viewer.words()
    assert admin.complain() + viewer.complain() == []
