"""The backtest from the canvas: the text as it stands, over a past span, in a process of its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import streamlit as st

from dashboards import charts
from dashboards.actions import Action, show_action
from dashboards.canvas.views import View
from dashboards.definition_kinds import Remark
from dashboards.downloads import offer_csv
from dashboards.formatting import plain, spell_name
from dashboards.notices import nothing
from kith.accounts import Right

DAYS = 30


def show_backtest(view: View, remarks: list[Remark]) -> None:
    """Choose a span, run, and see what the journey would have done."""
    st.caption(
        "What this text would have done in the past, by the rules of today. Nothing is sent and nothing changed."
    )
    last = view.spelling.local(view.reader.as_of).date()
    span: Any = st.date_input("Period", (last - timedelta(days=DAYS), last), max_value=last + timedelta(days=1),
                         key=f"span_{view.name}", help="The first day counts, the last one doesn't")  # fmt: skip
    errors = [each for each in remarks if each.severity == "error"]
    if errors:
        nothing(f"First put right what lint finds: {plain(errors[0].message)}.")
    may = view.visitor.may(Right.SEE_PEOPLE)
    if not may:
        nothing("Your role may look at journeys, not try them.")
    is_whole = isinstance(span, tuple) and len(span) == 2 and span[0] < span[1]
    if st.button("Run the backtest", icon=":material/history:", disabled=bool(errors) or not may or not is_whole,
                 key=f"backtest_{view.name}"):  # fmt: skip
        since, until = span
        view.desk.backtest = _run(view, since, until)
    if view.desk.backtest:
        _show(view, view.desk.backtest)


def _run(view: View, since: date, until: date) -> dict[str, Any] | None:
    with TemporaryDirectory(prefix="kith-backtest-") as folder:
        file = Path(folder) / f"{view.desk.draft.path.stem}.yml"
        file.write_text(view.desk.text, encoding="utf-8")
        words = ("journeys", "backtest", str(file), "--from", since.isoformat(), "--to", until.isoformat())
        action = Action("Backtest", words, Right.SEE_PEOPLE, f"journeys/{view.name}")
        done = show_action(action, view.visitor, view.reader.settings)
    return {**done.told, "text": view.desk.text} if done.is_done and isinstance(done.told, dict) else None


def _show(view: View, found: Mapping[str, Any]) -> None:
    number = view.spelling.number
    if found["text"] != view.desk.text:
        st.caption(":material/update: The text is another by now: run it again to see what that does.")
    told = {"Entered": "entrants", "People": "people", "Planned": "planned", "Sent": "sent", "Held out": "held_out",
            "Still inside": "still_inside"}  # fmt: skip
    for names in (list(told)[:3], list(told)[3:]):
        for column, name in zip(st.columns(3), names, strict=True):
            column.metric(name, number(found[told[name]]), border=True)
    if found.get("is_moved"):
        st.caption(
            ":material/info: Its own window lies outside the period, so it was opened where the period begins."
        )
    _show_days(view, found)
    _show_rows(view, "Not sent, by reason", found["drops"], ["reason", "messages"], "drops")
    _show_rows(view, "At the same time also in", found["overlap"], ["journey", "people"], "overlap")
    _show_rows(view, "Steps", found["steps"], ["step_id", "left_by", "enrolments"], "steps")
    st.caption(
        f"`kith journeys backtest` · {found['since']} to {found['until']} · version `{found['version'][:8]}`"
    )


def _show_days(view: View, found: Mapping[str, Any]) -> None:
    if not found["sends"]:
        nothing("Nothing would have been sent in this period.")
        return
    frame = pd.DataFrame(found["sends"])
    frame["day"] = pd.to_datetime(frame["day"])
    frame["channel"] = [spell_name(each) for each in frame["channel"]]
    st.markdown("**Sent by day and channel**")
    chart = charts.daily_bars(frame, "day", "messages", "channel", "Messages")
    charts.show_chart(chart, f"Messages that would have been sent: {int(frame['messages'].sum())} in all")
    offer_csv(view.reader, pd.DataFrame(found["series"]), f"{view.name}_backtest")


def _show_rows(view: View, title: str, rows: Any, columns: list[str], name: str) -> None:
    if not rows:
        return
    st.markdown(f"**{title}**")
    frame = pd.DataFrame(rows)[columns]
    config = {
        each: st.column_config.NumberColumn(spell_name(each), format="localized")
        if pd.api.types.is_numeric_dtype(frame[each])
        else st.column_config.TextColumn(spell_name(each).replace(" id", ""))
        for each in columns
    }
    st.dataframe(frame, hide_index=True, column_config=config, alt=title)
    offer_csv(view.reader, frame, f"{view.name}_backtest_{name}")
