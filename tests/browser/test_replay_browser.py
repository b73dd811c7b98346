"""An administrator replays what was given up, and sees it go; a marketer may look, not replay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from activation.delivery.worker import deliver
from dashboards.service import dashboards_command
from kith.accounts import Accounts, Role
from kith.clock import FixedClock
from kith.init import initialise
from kith.settings import Settings, load_settings
from kith.state import StateDatabase
from tests.browser.chromium import Visit
from tests.browser.post_office import PostOffice, post_office
from tests.browser.servers import free_port, serving
from tests.browser.test_sign_in_browser import PASSWORD, enter
from tests.integration.delivery.delivery_world import grant, outcomes, plan
from tests.unit.dashboards.snapshot import publish_shop

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
PEOPLE = ["a@shop.example", "b@shop.example", "c@shop.example"]
START = datetime(2026, 5, 1, 8, 0, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Shop:
    address: str
    settings: Settings
    office: PostOffice


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop whose mail server was full for a day, so that three messages were given up; then it has room again."""
    base = tmp_path_factory.mktemp("replay")
    with post_office() as office, pytest.MonkeyPatch.context() as patch:
        environment = {
            "KITH_HOME": str(base / "home"),
            "KITH_DEFINITIONS": str(base / "definitions"),
            "KITH_SMTP_HOST": "127.0.0.1",
            "KITH_SMTP_PORT": str(office.port),
            "KITH_SMTP_SENDER": "hello@kith.example",
            "KITH_CLOCK": "virtual",
        }
        for name, value in environment.items():
            patch.setenv(name, value)
        settings = load_settings()
        initialise(settings)
        publish_shop(settings)
        _give_up(settings)
        office.is_full = False
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        command = dashboards_command(settings, port)
        with serving(command, f"{address}/_stcore/health", base / "dashboards.log", environment):
            yield Shop(address, settings, office)


def _give_up(settings: Settings) -> None:
    clock = FixedClock(START)
    plan(settings, PEOPLE, clock.now())
    grant(settings, clock, PEOPLE)
    for _hour in range(24):
        deliver(settings, clock, wait=lambda _seconds: None)
        clock.set(clock.now() + timedelta(hours=1))
    assert outcomes(settings) == {"failed": 3}
    settings.clock_file.write_text(clock.now().isoformat())
    database = StateDatabase.open(settings)
    for name, role in (("ada", Role.ADMIN), ("mel", Role.MARKETER)):
        Accounts(database).add(name, role, PASSWORD, actor="test", now=START)
    database.close()


def test_dead_letters__an_admin_replays_them_and_sees_them_go(browser: Browser, shop: Shop) -> None:
    looking = enter(browser, shop.address, "mel", "/dead_letters")
    assert "3 messages were given up or are in doubt" in looking.words()
    assert looking.tab.get_by_role("button", name="Replay 3 messages").is_disabled()
    _leave(looking)

    visit = enter(browser, shop.address, "ada", "/dead_letters")
    visit.photograph("dead-letters")
    visit.tab.get_by_role("button", name="Replay 3 messages").click()
    visit.tab.get_by_role("dialog").get_by_role("button", name="Replay 3").click()
    visit.tab.get_by_text("3 messages taken up again; 3 accepted").wait_for(timeout=90_000)
    visit.tab.get_by_text("No message was given up").wait_for(timeout=60_000)
    visit.settle()
    visit.photograph("dead-letters-replayed")
    assert sorted(shop.office.recipients) == PEOPLE
    assert outcomes(shop.settings) == {"accepted": 3}
    assert _log(shop.settings) == [
        ("ada", "Replay dead letters: asked for"), ("ada", "Replay dead letters: ended"),
        ("ada", "Deliver: asked for"), ("ada", "Deliver: ended"),
    ]  # fmt: skip
    _leave(visit)


def _log(settings: Settings) -> list[tuple[str, str]]:
    database = StateDatabase.open(settings)
    with database.read() as connection:
        rows = connection.execute(text("SELECT actor, action FROM audit ORDER BY entry_id")).all()
    database.close()
    return [(row[0], row[1]) for row in rows if ":" in row[1]]


def _leave(visit: Visit) -> None:
    assert visit.complain() == []
    visit.tab.context.close()


def test_home__holds_no_address_in_its_log(shop: Shop) -> None:
    log = Path(shop.settings.home).parent / "dashboards.log"
    assert "@shop.example" not in log.read_text()
