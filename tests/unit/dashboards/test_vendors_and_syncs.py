"""What opens a vendor's breaker is told with since when; a sync that a guard holds is let pass once, by who may."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboards.actions import run_command
from kith.settings import Settings, load_settings
from kith.state import StateDatabase
from tests.unit.dashboards.shop_people import AS_OF
from tests.unit.dashboards.snapshot import publish_shop
from tests.unit.dashboards.test_dashboard_pages import words

SYNC = """\
name: people_file
from: {table: profiles}
to: files
mode: replace
key: profile_id
fields: [profile_id]
options: {path: people, format: csv}
guards: {largest_removal: 0.3, removal_floor: 5}
"""
VENDOR = {
    "vendor": "smtp", "channel": "email", "failing_since": None, "opens_after": 20, "leaves_alone_seconds": 30.0,
}  # fmt: skip
HOUR = {
    "vendor": "smtp",
    "channel": "email",
    "hour": "2026-05-07T10:00:00Z",
    "taken": 30,
    "refused": 8,
    "lost": 2,
}


def _breakers(vendor: dict, hours: list) -> None:
    from dashboards.formatting import Spelling
    from dashboards.operations.breakers import show_breakers

    show_breakers([vendor], hours, Spelling())


def told(vendor: dict[str, Any], *hours: dict[str, Any]) -> str:
    app = AppTest.from_function(_breakers, args=(vendor, list(hours))).run()
    assert not app.exception
    return words(app)


def test_breaker__is_told_by_what_opens_it_and_since_when() -> None:
    calm = told(VENDOR, HOUR, {**HOUR, "hour": "2026-05-07T11:00:00Z", "taken": 60, "refused": 0, "lost": 0})
    assert "no sign that it is open" in calm
    assert "in the hour of 7 May 2026, 10:00" in calm
    assert "10 of 40 (25.0 %)" in calm
    assert "10 of 100 (10.0 %)" in calm
    failing = told({**VENDOR, "failing_since": "2026-05-08T07:50:00Z"})
    assert "nothing but failures since 8 May 2026, 07:50" in failing
    assert "nothing heard" in failing
    assert "20 in a row; 30 s" in failing
    assert "memory of the worker" in failing


def _page(role: str) -> None:
    from dashboards.frame.navigation import draw_page
    from dashboards.page import Page
    from kith.accounts import Role, Visitor
    from kith.registry import plugin
    from kith.settings import load_settings

    draw_page(plugin("dashboards.pages", "deliveries", Page), load_settings(), Visitor(role, Role(role)))


@pytest.fixture
def held(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A workspace whose sync of 240 people finds twenty: the guard holds it."""
    folder = tmp_path / "definitions" / "syncs"
    folder.mkdir(parents=True)
    (folder / "people_file.yml").write_text(SYNC)
    monkeypatch.setenv("KITH_DEFINITIONS", str(folder.parent))
    found = load_settings()
    publish_shop(found)
    assert run_command(found, ("syncs", "run", "people_file")).is_done
    publish_shop(found, people=20, at=AS_OF + timedelta(days=1))
    done = run_command(found, ("syncs", "run", "people_file"))
    assert "large_removal" in done.problem
    st.cache_data.clear()
    st.cache_resource.clear()
    return found


def test_held_sync__passes_once_by_an_administrator_and_is_written_down(held: Settings) -> None:
    app = AppTest.from_function(_page, args=("admin",), default_timeout=120).run()
    assert not app.exception
    assert "is held: large" in words(app)
    app.button(key="sync syncs run people_file --confirm").click().run()
    assert not app.exception
    assert "is held" not in words(app)
    [listed] = run_command(held, ("syncs", "list")).told
    assert listed["state"] == "finished"
    database = StateDatabase.open(held)
    with database.read() as connection:
        log = [tuple(row) for row in connection.execute(sa.text("SELECT actor, action, subject FROM audit"))]
    database.close()
    assert ("admin", "Let the removal pass once (sync): asked for", "syncs/people_file") in log


def test_held_sync__is_an_administrator_s_to_let_pass(held: Settings) -> None:
    app = AppTest.from_function(_page, args=("marketer",), default_timeout=120).run()
    assert app.button(key="sync syncs run people_file --confirm").disabled
    assert app.button(key="sync syncs run people_file").disabled
