"""Whether everything that was planned got out, or is accounted for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from dashboards import charts
from dashboards.answers import operations as answers
from dashboards.cards import Card, show_cards
from dashboards.formatting import Spelling, spell_name
from dashboards.notices import calm, is_published, nothing
from dashboards.operations.held_syncs import show_trouble
from dashboards.operations.listing import NUMBER, asked, instants, show_live, show_published
from dashboards.reader import Reader

STANDING = ("deliver", "standing")
#: Ended well, by a rule, badly, or not yet: told apart in light and dark, and by lightness.
COLORS = {
    "accepted": charts.TEAL, "withheld": charts.SLATE, "suppressed": "#B7C0C5", "expired": charts.AMBER,
    "rejected": charts.ROSE, "failed": "#A23B6B", "unknown": "#6E3A8C", "pending": charts.BLUE,
}  # fmt: skip


def show_messages(reader: Reader, spelling: Spelling) -> None:
    """Planned messages by day and outcome; then by campaign, with what doesn't add up."""
    if not is_published(reader, "messages"):
        return
    daily = answers.messages_by_day(reader)
    if daily.empty:
        nothing("No message was planned so far.")
        return
    frame = answers.activation(reader)
    _show_cards(frame, spelling)
    total = spelling.number(int(daily["messages"].sum()))
    charts.show_chart(_bars(daily), f"{total} planned messages by day and outcome")
    gap = int(frame["gap"].abs().sum())
    if gap:
        st.error(f"{spelling.number(gap)} messages have no outcome that Kith knows.", icon=":material/error:")
    else:
        st.caption(
            ":green[:material/check_circle:] Planned = the sum of outcomes, for every campaign and channel."
        )
    frame["campaign"] = [spell_name(each) for each in frame["campaign"]]
    columns = {
        "campaign": st.column_config.TextColumn("Campaign or journey", pinned=True),
        "channel": "Channel",
        **{
            name: st.column_config.NumberColumn(name.capitalize(), format="localized")
            for name in ("planned", *answers.OUTCOMES)
        },
        "last_decided_at": st.column_config.DatetimeColumn("Last decided (UTC)", format="D MMM YYYY, HH:mm"),
        "gap": st.column_config.NumberColumn("Unaccounted for", format="localized"),
    }
    show_published(reader, frame, "activation", "Messages by campaign and outcome", columns, "messages")


def _show_cards(frame: pd.DataFrame, spelling: Spelling) -> None:
    sums = frame[["planned", *answers.OUTCOMES]].sum()
    planned = int(sums["planned"])
    table = "Table `messages`, all campaigns and journeys"
    troubled = int(sums["failed"] + sums["unknown"] + sums["rejected"])
    by_rule = int(sums["withheld"] + sums["suppressed"] + sums["expired"])
    cards = [
        Card("Planned", spelling.number(planned), table),
        Card(
            "Taken by a vendor",
            spelling.number(sums["accepted"]),
            table,
            spelling.share(sums["accepted"], planned),
        ),
        Card("Kept back by a rule", spelling.number(by_rule), table, "holdout, consent, caps, too late"),
        Card(
            "Failed, refused, in doubt",
            spelling.number(troubled),
            table,
            spelling.share(troubled, planned, 2),
        ),
    ]
    show_cards(cards)


def _bars(daily: pd.DataFrame) -> alt.Chart:
    scale = alt.Scale(domain=list(COLORS), range=list(COLORS.values()))
    span = (daily["day"].max() - daily["day"].min()).days + 1
    return (
        alt.Chart(daily, height=charts.HEIGHT)
        .mark_bar(cornerRadius=1, size=max(4, min(48, 600 // span)))
        .encode(
            x=alt.X("yearmonthdate(day):T", title=None, axis=alt.Axis(format="%-d %b", grid=False)),
            y=alt.Y(
                "sum(messages):Q", title="Messages", axis=alt.Axis(format="~s", domain=False, ticks=False)
            ),
            color=alt.Color("outcome:N", title=None, scale=scale, legend=alt.Legend(orient="top")),
            tooltip=[
                alt.Tooltip("day:T", title="Day", format="%a %-d %b %Y"),
                alt.Tooltip("outcome:N", title="Outcome"),
                alt.Tooltip("messages:Q", title="Messages", format=","),
            ],
        )
    )


@st.fragment
@calm
def show_standing(reader: Reader, spelling: Spelling) -> None:
    """What the ledger holds this minute: waiting, on its way, paused."""
    rows = asked(reader, *STANDING)
    if rows is None:
        return
    open_ones = [each for each in rows if each["state"] in ("pending", "claimed", "sending")]
    waiting = sum(each["messages"] for each in open_ones)
    for each in (each for each in rows if each["state"] == "paused"):
        scope = "Everything" if each["channel"] == "*" else each["channel"]
        st.warning(f"**{scope}** is paused: nothing of it leaves.", icon=":material/pause_circle:")
    st.markdown(f"**{spelling.number(waiting)}** messages wait or are on their way.")
    if open_ones:
        _show_open(reader, open_ones)
    if st.button("Look again", icon=":material/refresh:", key="standing_again"):
        from dashboards.asking import ask_anew

        ask_anew()
        st.rerun(scope="fragment")


def _show_open(reader: Reader, rows: Sequence[dict[str, Any]]) -> None:
    frame = instants(pd.DataFrame(rows), "first_due_at", "last_finished_at")
    columns = {
        "channel": "Channel", "provider": "Vendor", "state": "State", "outcome": None, "messages": NUMBER,
        "first_due_at": st.column_config.DatetimeColumn("First due (UTC)", format="D MMM YYYY, HH:mm"),
        "last_finished_at": None,
    }  # fmt: skip
    show_live(reader, frame, STANDING, "Messages that wait", columns)


def show_syncs(reader: Reader, spelling: Spelling) -> None:
    """Each run of a sync, and how many rows ended how."""
    if not is_published(reader, "sync_rows"):
        return
    frame = answers.sync_runs(reader)
    if frame.empty:
        nothing("No sync has pushed a row so far.")
        return
    frame["run_id"] = [each[:10] for each in frame["run_id"]]
    counts = ("planned", "accepted", "skipped", "rejected", "failed", "unknown", "in_doubt")
    columns = {
        "sync": st.column_config.TextColumn("Sync", pinned=True), "run_id": "Run",
        "destination": "Destination", "mode": "Mode",
        **{name: st.column_config.NumberColumn(spell_name(name), format="localized") for name in counts},
        "finished_at": st.column_config.DatetimeColumn("Finished (UTC)", format="D MMM YYYY, HH:mm"),
    }  # fmt: skip
    show_published(reader, frame, "sync-runs", "Runs of syncs", columns, "sync_rows")


def show_sync_states(reader: Reader) -> None:
    """What the last look at each sync found."""
    rows = asked(reader, "syncs", "list")
    if not rows:
        nothing("No sync is defined.")
        return
    frame = instants(pd.DataFrame(rows), "looked_at")
    for each in rows:
        if each["state"] in ("held", "unfinished"):
            show_trouble(reader, each)
    columns = {
        "sync": st.column_config.TextColumn("Sync", pinned=True), "to": "Destination", "mode": "Mode",
        "schedule": "When", "configured": st.column_config.CheckboxColumn("Set up"), "state": "State",
        "looked_at": st.column_config.DatetimeColumn("Looked at (UTC)", format="D MMM YYYY, HH:mm"),
        "outcomes": "Last outcomes", "detail": "Detail",
    }  # fmt: skip
    show_live(reader, frame, ("syncs", "list"), "Syncs and their last look", columns)
