"""A marketer composes a campaign, sees whom it would reach, launches it, and sees its first deliveries.

The whole platform over a small sandbox world: `kith run` plans and delivers to the world's own mail server.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from dashboards.service import dashboards_command
from kith.accounts import Accounts, Role
from kith.clock import VirtualClock
from kith.lake import Home
from kith.settings import PROJECT, load_settings
from kith.state import StateDatabase
from sandbox.loop import Loop, closed_loop
from sandbox.making import make_world
from sandbox.platform import Platform, free_port
from sandbox.settings import load_sandbox_settings
from tests.browser.chromium import Visit
from tests.browser.servers import ask_kith, serving
from tests.browser.test_sign_in_browser import PASSWORD, enter

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1800)]
#: Nothing that trains or sends by itself: the campaign of the test is the only one.
LEFT_OUT = ("predictions", "syncs", "funnels", "attribution", "journeys", "campaigns")
SEGMENT = {
    "name": "buyers",
    "description": "Who has ordered.",
    "who": {"all": [{"attribute": "order_count", "at_least": 1}, {"attribute": "is_bot", "is": False}]},
}


@dataclass
class Town:
    """The world with its vendors, the platform beside it, and its dashboards."""

    loop: Loop
    platform: Platform
    address: str
    home: Path

    def file(self, campaign: str) -> Path:
        return self.home.parent / "definitions" / "campaigns" / f"{campaign}.yml"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    base = tmp_path_factory.mktemp("launch")
    _lay_definitions(base / "definitions")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "KITH_HOME": str(base / "home"),
            "KITH_DEFINITIONS": str(base / "definitions"),
            "SANDBOX_HOME": str(base / "truth"),
        }.items():
            patch.setenv(name, value)
        settings = load_sandbox_settings(people=200, days=30, live_days=2, smtp_port=0, http_port=0)
        make_world(settings)
        home, clock = Home(base / "home"), VirtualClock(base / "home" / "clock")
        api = free_port(0)
        with closed_loop(settings, home, clock, f"http://127.0.0.1:{api}") as loop:
            told = {**loop.vendor_settings(home), "KITH_DEFINITIONS": str(base / "definitions")}
            platform = Platform(base / "home", settings.smtp_host, loop.server.port, api, (), told)
            loop.advance(clock.now() + timedelta(seconds=30))
            platform.ask("run")
            _let_in(base / "home")
            with _dashboards(platform, base) as address:
                yield Town(loop, platform, address, base / "home")


def _lay_definitions(folder: Path) -> None:
    source = PROJECT / "activation" / "definitions"
    shutil.copytree(source, folder, ignore=lambda at, names: LEFT_OUT if Path(at) == source else [])
    for name in LEFT_OUT:
        (folder / name).mkdir()
    shutil.rmtree(folder / "segments")
    (folder / "segments").mkdir()
    (folder / "segments" / "buyers.yml").write_text(yaml.safe_dump(SEGMENT, sort_keys=False))


def _let_in(home: Path) -> None:
    database = StateDatabase.open(load_settings(home=home))
    for name, role in (("ada", Role.ADMIN), ("mel", Role.MARKETER)):
        Accounts(database).add(name, role, PASSWORD, actor="test", now=datetime(2026, 5, 1, tzinfo=UTC))
    database.close()


def _dashboards(platform: Platform, base: Path):
    from contextlib import contextmanager

    @contextmanager
    def _served() -> Iterator[str]:
        port = free_port(0)
        address = f"http://127.0.0.1:{port}"
        command = dashboards_command(load_settings(home=platform.home), port)
        with serving(command, f"{address}/_stcore/health", base / "dashboards.log", platform.environment()):
            yield address

    return _served()


def test_campaign__is_composed_launched_and_delivered(town: Town, request: pytest.FixtureRequest) -> None:
    browser: Browser = request.getfixturevalue("browser")  # only now: the town takes minutes to build
    visit = enter(browser, town.address, "mel", "/compose")
    _compose(visit)
    reached = _launch(visit)
    assert "state: live" in town.file("spring").read_text()
    town.loop.advance(town.loop.clock.now() + timedelta(hours=24))
    town.platform.ask("run")

    visit.open(f"{town.address}/campaigns?campaign=spring")
    [sent] = ask_kith(
        town.home,
        "SELECT count(*) AS messages FROM messages WHERE campaign = 'spring' AND outcome = 'accepted'",
    )
    assert sent["messages"] > 0
    assert visit.figure("Accepted") == f"{sent['messages']:,}"
    assert abs(sent["messages"] - reached) <= max(5, reached // 4)  # a day of the world lies between
    assert len(town.loop.server.postbox.received()) == sent["messages"]
    visit.photograph("campaign-launched")
    assert visit.complain() == []
    visit.tab.context.close()


def _compose(visit: Visit) -> None:
    tab = visit.tab
    tab.get_by_label("Name", exact=True).fill("spring")
    tab.get_by_label("What is it for?").fill("Buyers hear of spring.")
    _pick(visit, "Template", "new_in")
    tab.get_by_role("button", name="Begin").click()
    visit.settle()
    tab.get_by_text("Nothing to put right").wait_for(timeout=60_000)
    visit.photograph("compose")
    tab.get_by_role("button", name="Save").click()
    visit.settle()


def _launch(visit: Visit) -> int:
    """Answers how many messages the confirmation told."""
    tab = visit.tab
    tab.get_by_role("button", name="Launch …").click()
    button = tab.get_by_role("dialog").get_by_role("button", name="messages")
    button.wait_for(timeout=180_000)
    visit.photograph("launch-confirmation")
    told = button.inner_text()
    button.click()
    tab.get_by_text("is live: the next run plans what is due").wait_for(timeout=120_000)
    visit.settle()
    return int("".join(each for each in told if each.isdigit()))


def _pick(visit: Visit, label: str, option: str) -> None:
    box = visit.tab.get_by_role("combobox", name=label)
    box.click()
    box.fill(option)
    visit.tab.get_by_role("option", name=option, exact=True).click()
