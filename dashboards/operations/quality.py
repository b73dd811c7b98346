"""What was checked and what was found: arrivals, the warehouse, rows set aside, batches that wait."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from dashboards import charts
from dashboards.actions import Action, show_action
from dashboards.answers import operations as answers
from dashboards.asking import ask_anew
from dashboards.formatting import Spelling, plain, spell_name
from dashboards.notices import nothing
from dashboards.operations.listing import asked, instants, show_live, show_published, spell_found
from dashboards.reader import Reader
from dashboards.sign_in.present import present_visitor
from kith.accounts import Right

KINDS = {
    "Arrivals": (
        ["arrival"],
        "Great Expectations judges each batch as it arrives; one that is refused is held.",
    ),
    "Warehouse": (["warehouse"], "dbt tests the models that all figures come from, in each run."),
    "Drift of models": (
        ["drift"],
        "Whether people's features are spread as they were when a model was trained.",
    ),
}
QUARANTINE, HELD = ("quarantine", "list"), ("held", "list")


def show_checks(reader: Reader, spelling: Spelling, part: str) -> None:
    """Verdicts of one kind of check: the failed ones first."""
    kinds, meaning = KINDS[part]
    st.caption(meaning)
    frame = answers.checks(reader, kinds)
    if frame.empty:
        nothing("Nothing of this kind was checked yet.")
        return
    failed = int((~frame["is_passed"].astype(bool)).sum())
    word = (
        f"**{spelling.number(failed)} of {spelling.number(len(frame))}** checks did not pass the last time."
    )
    st.markdown(
        word
        if failed
        else f":green[:material/check_circle:] All {spelling.number(len(frame))} checks passed the last time."
    )
    frame["check_name"] = [spell_name(each) for each in frame["check_name"]]
    for name in ("observed", "expected"):
        frame[name] = [spell_found(each) for each in frame[name]]
    number = st.column_config.NumberColumn
    columns = {
        "source": st.column_config.TextColumn("About", pinned=True),
        "check_name": st.column_config.TextColumn("Check", width="medium"),
        "severity": "Severity", "is_blocking": st.column_config.CheckboxColumn("Stops a batch"),
        "asked_count": number("Asked", format="localized"), "failed_count": number("Failed", format="localized"),
        "is_passed": st.column_config.CheckboxColumn("Passed last"), "observed": "Found", "expected": "Expected",
        "observed_count": number("Rows", format="localized"),
        "last_at": st.column_config.DatetimeColumn("Last asked (UTC)", format="D MMM YYYY, HH:mm"),
    }  # fmt: skip
    show_published(reader, frame, f"checks-{kinds[0]}", f"Checks: {part}", columns, "quality_checks")


def show_set_aside(reader: Reader, spelling: Spelling) -> None:
    """Rows that broke a row rule, by source and reason; their replay."""
    frame = answers.set_aside(reader)
    if frame.empty:
        st.caption(":green[:material/check_circle:] No row was ever set aside.")
    else:
        total = spelling.number(int(frame["rows_count"].sum()))
        st.markdown(f"**{total} rows** broke a row rule and were set aside, each with its reason.")
        counted = frame.groupby(["source", "reason"]).agg({"rows_count": "sum"}).reset_index()
        counted["reason"] = [spell_name(each) for each in counted["reason"]]
        charts.show_chart(_reasons(counted), f"{total} rows set aside, by source and reason")
    rows = asked(reader, *QUARANTINE)
    if rows:
        told = pd.DataFrame(rows)
        columns = {"name": "File", "file": "Imported from", "reason": "Reason", "field": "Field",
                   "rows": st.column_config.NumberColumn("Rows", format="localized")}  # fmt: skip
        show_live(reader, told, QUARANTINE, "Files of rows set aside", columns)
        names = sorted({each["name"] for each in rows})
        chosen = st.multiselect("Judge again by today's rules", names, placeholder="All files")
        _offer(
            reader,
            "Replay rows set aside",
            ("quarantine", "replay", *chosen),
            "quarantine",
            ":material/replay:",
        )


def _reasons(frame: pd.DataFrame) -> alt.Chart:
    palette = alt.Scale(range=[charts.TEAL, charts.AMBER, charts.BLUE, charts.ROSE, charts.SLATE])
    return (
        alt.Chart(frame, height=alt.Step(30))
        .mark_bar(cornerRadius=3)
        .encode(
            y=alt.Y("reason:N", title=None, sort="-x", axis=alt.Axis(grid=False, labelLimit=220)),
            x=alt.X("sum(rows_count):Q", title="Rows", axis=alt.Axis(format="~s", grid=False)),
            color=alt.Color("source:N", title=None, scale=palette, legend=alt.Legend(orient="top")),
            tooltip=["source:N", "reason:N", alt.Tooltip("rows_count:Q", title="Rows", format=",")],
        )
    )


def show_held(reader: Reader, spelling: Spelling) -> None:
    """Batches that a check refused; an administrator may land one after all, or give it up."""
    rows = asked(reader, *HELD)
    if rows is None:
        return
    waiting = [each for each in rows if each["status"] == "held"]
    if not waiting:
        st.caption(":green[:material/check_circle:] No batch waits.")
    for each in waiting:
        _show_batch(reader, spelling, each)
    if rows:
        with st.expander("All that ever waited", icon=":material/history:"):
            show_live(reader, instants(pd.DataFrame(rows), "at"), HELD, "Held batches", {})


def _show_batch(reader: Reader, spelling: Spelling, each: dict[str, Any]) -> None:
    with st.container(border=True):
        st.markdown(
            f"**{plain(each['source'])}** · {spelling.number(each['rows'])} rows · {plain(each['at'])[:20]}"
        )
        st.caption(plain(each["because"]))
        batch = each["batch_id"]
        with st.container(horizontal=True):
            _offer(reader, "Release", ("held", "release", batch), f"held/{batch}", ":material/lock_open:")
            _offer(reader, "Discard", ("held", "discard", batch), f"held/{batch}", ":material/delete:")


def _offer(reader: Reader, label: str, words: tuple[str, ...], subject: str, icon: str) -> None:
    visitor = present_visitor()
    is_barred = not visitor.may(Right.OPERATE)
    why = "An administrator may do this." if is_barred else None
    is_asked = st.button(label, icon=icon, disabled=is_barred, help=why, key=" ".join((label, *words))[:200])
    if (
        is_asked
        and show_action(Action(label, words, Right.OPERATE, subject), visitor, reader.settings).is_done
    ):
        ask_anew()
        st.rerun()
