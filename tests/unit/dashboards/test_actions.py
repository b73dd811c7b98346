"""Actions run public commands in a process of their own, and the log tells who asked and how it ended."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from dashboards.actions import Action, perform
from kith.accounts import Right, Role, Visitor
from kith.errors import KithError
from kith.settings import Settings
from kith.state import StateDatabase

ADA, BOB = Visitor("ada", Role.ADMIN), Visitor("bob", Role.VIEWER)
LIST = Action("List lists", ("lists", "list"), Right.OPERATE, "lists")


def log(settings: Settings) -> list[tuple[str, str, str]]:
    database = StateDatabase.open(settings)
    with database.read() as connection:
        rows = connection.execute(text("SELECT actor, action, subject FROM audit ORDER BY entry_id"))
        found = [tuple(row) for row in rows]
    database.close()
    return found


def test_perform__answers_what_the_command_told_and_writes_both_ends_down(settings: Settings) -> None:
    done = perform(LIST, ADA, settings)
    assert (done.is_done, done.told) == (True, [])
    assert log(settings) == [
        ("ada", "List lists: asked for", "lists"),
        ("ada", "List lists: ended", "lists"),
    ]


def test_perform__tells_why_a_command_did_not_work(settings: Settings) -> None:
    lines: list[str] = []
    missing = Action("Preview", ("segments", "preview", "/no/such/file.yml"), Right.OPERATE, "file")
    done = perform(missing, ADA, settings, lines.append)
    assert not done.is_done
    assert "file.yml" in done.problem
    assert lines


def test_perform__refuses_before_anything_runs_or_is_written(settings: Settings) -> None:
    with pytest.raises(KithError, match="bob is viewer"):
        perform(LIST, BOB, settings)
    assert log(settings) == []


def test_teller__keeps_one_bar_for_progress_and_writes_other_lines() -> None:
    def page() -> None:
        import streamlit as st

        from dashboards.actions import _Teller

        with st.status("Backtest …", expanded=True) as status:
            tell = _Teller(status)
            for line in ("slices 1 of 4", "a remark", "slices 3 of 4"):
                tell(line)

    drawn = AppTest.from_function(page).run()
    assert not drawn.exception
    assert [each.value for each in drawn.markdown] == ["a remark"]
    (bar,) = drawn.get("progress")
    assert (bar.proto.value, bar.proto.text) == (75, "slices 3 of 4")
