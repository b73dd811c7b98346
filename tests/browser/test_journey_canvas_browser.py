"""A marketer at the journeys' canvas: draws one from nothing, tries it over the past and saves it; opens a playbook,
moves a step and finds the file as it should be."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree
from typing import TYPE_CHECKING

import pytest

from dashboards.canvas.roster import roster
from dashboards.service import dashboards_command
from kith.init import initialise
from kith.settings import Settings, load_settings
from tests.browser.chromium import Scheme, Visit
from tests.browser.servers import free_port, serving
from tests.unit.dashboards.canvas.shop_journeys import publish_journeys

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.browser.conftest import Open

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
REAL = load_settings().definitions


@dataclass(frozen=True)
class Studio:
    """The dashboards over a shop whose definitions may be written."""

    address: str
    settings: Settings

    @property
    def definitions(self) -> Path:
        return self.settings.definitions

    def text(self, name: str) -> str:
        return (self.definitions / "journeys" / f"{name}.yml").read_text()


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    folder = tmp_path_factory.mktemp("studio")
    definitions = Path(copytree(REAL, folder / "definitions"))
    settings = load_settings(home=folder / "home", definitions=definitions)
    initialise(settings)
    publish_journeys(settings)
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    told = {"KITH_HOME": str(settings.home), "KITH_DEFINITIONS": str(definitions)}
    command = dashboards_command(settings, port)
    with serving(command, f"{address}/_stcore/health", folder / "dashboards.log", told):
        yield Studio(address, settings)


def card(page: Visit, *keys: str | int) -> Locator:
    """The step at these keys of the file."""
    return page.tab.locator(f".kc-card[data-keys='{json.dumps(list(keys), separators=(',', ':'))}']")


def slot(page: Visit, number: int, *block: str | int) -> Locator:
    """The place before the step with this number."""
    keys = json.dumps(list(block), separators=(",", ":"))
    return page.tab.locator(f".kc-slot[data-slot='{keys} {number}']")


def put(page: Visit, word: str, number: int) -> None:
    """A step from the palette, by clicks."""
    slot(page, number, "steps").click()
    page.tab.locator(f".kc-palette button[data-word='{word}']").click()
    card(page, "steps", number).wait_for()
    page.settle()


def save(page: Visit) -> None:
    """Look at what changes, and save it."""
    page.tab.locator('[data-testid="stPopover"] button', has_text="Save").first.click()
    page.tab.get_by_role("button", name="Save to the file").click()


def choose(page: Visit, label: str, value: str) -> None:
    """Type into a box that takes one of several."""
    box = page.tab.get_by_role("combobox", name=label).first
    box.click()
    box.fill(value)
    page.tab.keyboard.press("Enter")
    page.settle()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_canvas__shows_where_people_are_and_works_by_keyboard(
    studio: Studio, visit: Open, scheme: Scheme
) -> None:
    page = visit(f"{studio.address}/journeys?journey=abandoned_cart", scheme)
    reminder = card(page, "steps", 2)
    reminder.focus()
    page.tab.keyboard.press("Enter")
    page.settle()
    page.photograph("journey-canvas")
    assert "sent" in (reminder.get_attribute("aria-label") or "")
    assert "Who is here now" in page.words()
    card(page, "steps", 0).focus()
    page.tab.keyboard.press("Delete")
    card(page, "steps", 4).wait_for(state="detached")
    page.tab.locator(".kc-entry").focus()
    page.tab.keyboard.press("Control+z")
    card(page, "steps", 4).wait_for()
    page.settle()
    page.tab.goto(f"{studio.address}/journeys")
    page.settle()
    page.photograph("journeys")


def test_playbook__has_a_step_moved_and_nothing_else_touched(studio: Studio, visit: Open) -> None:
    before = studio.text("post_purchase")
    page = visit(f"{studio.address}/journeys?journey=post_purchase")
    first, aim = card(page, "steps", 0), slot(page, 2, "steps")
    first.wait_for()
    page.tab.locator(".kc-plane[data-ready]").wait_for()
    page.tab.wait_for_timeout(500)
    told = [first.get_attribute("aria-label"), card(page, "steps", 1).get_attribute("aria-label")]
    start, end = first.bounding_box(), aim.bounding_box()
    assert start is not None
    assert end is not None
    page.tab.mouse.move(start["x"] + 60, start["y"] + 20)
    page.tab.mouse.down()
    page.tab.mouse.move(start["x"] + 60, start["y"] + 60, steps=4)
    page.tab.mouse.move(end["x"] - start["width"] / 2 + 72, end["y"] + 2, steps=8)
    page.tab.mouse.up()
    card(page, "steps", 1).and_(page.tab.get_by_label(str(told[0]))).wait_for()
    card(page, "steps", 0).and_(page.tab.get_by_label(str(told[1]))).wait_for()
    page.settle()
    save(page)
    page.tab.get_by_text("post_purchase is saved").first.wait_for()
    assert studio.text("post_purchase") == with_first_two_exchanged(before)


def with_first_two_exchanged(text: str) -> str:
    """The file's lines with its first two steps the other way round."""
    lines = text.splitlines(keepends=True)
    at = lines.index("steps:\n") + 1
    starts = [number for number, line in enumerate(lines) if number >= at and line.startswith("  - ")] + [
        len(lines)
    ]
    one, two = lines[starts[0] : starts[1]], lines[starts[1] : starts[2]]
    return "".join([*lines[:at], *two, *one, *lines[starts[2] :]])


def test_journey__is_drawn_from_nothing_tried_and_saved(studio: Studio, visit: Open) -> None:
    page = visit(f"{studio.address}/journeys")
    page.tab.get_by_role("button", name="New journey").click()
    page.tab.get_by_label("Name", exact=True).fill("thanks")
    page.tab.get_by_role("button", name="Begin", exact=True).click()
    page.tab.locator(".kc-entry").wait_for()
    page.settle()
    put(page, "wait", 0)
    put(page, "send", 1)
    choose(page, "Template", "order_care")
    card(page, "steps", 1).and_(page.tab.get_by_label("Message: Order care · email")).wait_for()
    card(page, "steps", 0).and_(page.tab.get_by_label("Wait: 1 day")).wait_for()
    page.tab.locator(".kc-entry").click()
    page.settle()
    assert page.tab.locator(".kc-entry .kc-error").count() == 1  # nobody comes in yet, which lint marks
    choose(page, "Segment", "left_cart")
    page.tab.locator(".kc-entry .kc-error").wait_for(state="detached")
    page.tab.get_by_role("tab", name="Backtest").click()
    page.tab.get_by_role("button", name="Run the backtest").click()
    page.tab.get_by_text("Entered", exact=True).first.wait_for(timeout=120_000)
    page.settle()
    page.photograph("journey-backtest")
    save(page)
    page.tab.get_by_text("thanks is saved").first.wait_for()
    assert studio.text("thanks") == (
        "name: thanks\nstate: draft\nenter: {segment: left_cart}\nholdout: 10%\nsteps:\n"
        "  - wait: 1d\n  - send: order_care\n    by: email\n"
    )


def test_palette__has_a_step_dragged_to_its_place(studio: Studio, visit: Open) -> None:
    before = studio.text("cross_sell")
    page = visit(f"{studio.address}/journeys?journey=cross_sell")
    first = card(page, "steps", 0)
    first.wait_for()
    page.tab.locator(".kc-plane[data-ready]").wait_for()
    page.tab.wait_for_timeout(500)
    was_first = first.get_attribute("aria-label")
    page.tab.locator(".kc-palette button[data-word='wait']").drag_to(slot(page, 0, "steps"))
    card(page, "steps", 1).and_(page.tab.get_by_label(str(was_first))).wait_for()
    card(page, "steps", 0).and_(page.tab.get_by_label("Wait: 1 day")).wait_for()
    page.settle()
    save(page)
    page.tab.get_by_text("cross_sell is saved").first.wait_for()
    assert studio.text("cross_sell") == before.replace("steps:\n", "steps:\n  - wait: 1d\n")


def test_journey__is_paused_started_and_stopped_from_its_page(studio: Studio, visit: Open) -> None:
    path = studio.definitions / "journeys" / "loyalty_milestone.yml"
    path.write_text(path.read_text().replace("state: draft", "state: live"))
    page = visit(f"{studio.address}/journeys?journey=loyalty_milestone")
    for title, state in (("Pause", "paused"), ("Start", "live"), ("Stop", "stopped")):
        page.tab.locator('[data-testid="stPopover"] button', has_text="Run").first.click()
        page.tab.get_by_role("button", name=title, exact=True).click()
        page.tab.get_by_text(f"{title} a journey: done").first.wait_for(timeout=60_000)
        page.settle()
        told = {each.name: each.state for each in roster(studio.settings)}
        assert told["loyalty_milestone"] == state
        page.open(f"{studio.address}/journeys?journey=loyalty_milestone")
        assert state in page.words()
