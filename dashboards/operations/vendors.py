"""How the vendors do: who is set up, what the routing gives each, what came of it."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from dashboards import charts
from dashboards.answers.vendors import rates_by_day
from dashboards.formatting import Spelling, spell_name
from dashboards.notices import nothing
from dashboards.operations.breakers import show_breakers
from dashboards.operations.listing import asked, instants, show_live, show_published
from dashboards.reader import Reader
from dashboards.tables import Row, show_table

VENDORS, BY_HOUR = ("deliver", "vendors"), ("deliver", "vendors", "--by-hour")
#: Below this the routing puts a vendor last, unless its definition says another `least_score`.
ILL, WELL = 0.5, 0.85


def show_vendors(reader: Reader, spelling: Spelling) -> None:
    """A table a channel; those that nobody set up are named below."""
    rows = asked(reader, *VENDORS)
    if rows is None:
        return
    ready = [each for each in rows if each["is_set_up"]]
    failing = [each for each in ready if each["failing_since"]]
    for each in failing:
        st.error(
            f"**{each['vendor']}** ({each['channel']}) has answered with nothing but failures since "
            f"{each['failing_since'][:16]}Z. After {each['opens_after']} in a row its circuit breaker opens: it is left "
            f"alone for {each['leaves_alone_seconds']:g} s, then for twice as long each time, and probed with one "
            "message.",
            icon=":material/electrical_services:",
        )
    if ready and not failing:
        st.caption(":green[:material/check_circle:] No vendor answers with nothing but failures just now.")
    if not ready:
        nothing("No vendor is set up: `.env.example` lists what each needs.")
    for channel in dict.fromkeys(each["channel"] for each in ready):
        st.markdown(f"**{spell_name(channel)}**")
        _show_channel(spelling, channel, [each for each in ready if each["channel"] == channel])
    if ready:
        show_breakers(ready, asked(reader, *BY_HOUR) or (), spelling)
    others = [f"{each['vendor']} ({each['channel']})" for each in rows if not each["is_set_up"]]
    if others:
        st.caption(f"Not set up: {', '.join(others)}.")
    with st.expander("As a table", icon=":material/table_view:"):
        show_live(
            reader, instants(pd.DataFrame(rows), "failing_since"), VENDORS, "Vendors and their health", {}
        )


def _show_channel(spelling: Spelling, channel: str, vendors: list[dict[str, Any]]) -> None:
    header = ("Vendor", "Score", "Weight", "Cost", "Taken", "Refused", "Lost", "Delivered", "Not delivered")
    shown = [_row(each, spelling) for each in sorted(vendors, key=lambda each: -each["score"])]
    show_table(f"Vendors of {channel}", header, shown, numbers=8)
    first = vendors[0]
    how = (
        "shares by weight and health"
        if first["choose"] == "weight"
        else "takes the cheapest by delivered message"
    )
    then = f"; who can't be reached goes on by {first['next_channels']}" if first["next_channels"] else ""
    st.caption(
        f"The routing {how}{then}. Score: the chance that a message handed over is delivered, last day."
    )


def _row(each: dict[str, Any], spelling: Spelling) -> Row:
    heard = each["taken"] + each["refused"] + each["lost"]
    state = "fails now" if each["failing_since"] else _state(each["score"], heard)
    cost = spelling.money(each["cost"], each["currency"]) if each["cost"] is not None else "–"
    counts = [
        spelling.number(each[name]) for name in ("taken", "refused", "lost", "delivered", "undelivered")
    ]
    return Row((each["vendor"], spelling.percent(each["score"]), f"{each['weight']:g}", cost, *counts), state)


def _state(score: float, heard: int) -> str:
    if not heard:
        return "nothing heard in the last day: counts as good"
    return "well" if score >= WELL else "comes last" if score < ILL else "not quite well"


def show_course(reader: Reader) -> None:
    """What was heard of each vendor in each hour of the last week."""
    rows = asked(reader, *BY_HOUR)
    if rows is None:
        return
    if not rows:
        nothing("Nothing was heard of a vendor in the last week.")
        return
    frame = instants(pd.DataFrame(rows), "hour")
    frame["vendor"] = [
        f"{vendor} ({channel})" for vendor, channel in zip(frame["vendor"], frame["channel"], strict=True)
    ]
    told = frame.melt(
        ["vendor", "hour"], ["taken", "refused", "lost", "delivered", "undelivered"], "what", "messages"
    )
    charts.show_chart(_course(told[told["messages"] > 0]), "What was heard of each vendor by hour")


def _course(frame: pd.DataFrame) -> alt.Chart:
    names = ["taken", "delivered", "refused", "undelivered", "lost"]
    colors = [charts.TEAL, charts.BLUE, charts.ROSE, charts.AMBER, charts.SLATE]
    return (
        alt.Chart(frame, height=150)
        .mark_bar()
        .encode(
            x=alt.X("yearmonthdatehours(hour):T", title=None, axis=alt.Axis(grid=False)),
            y=alt.Y("sum(messages):Q", title="Messages an hour", axis=alt.Axis(domain=False, ticks=False)),
            color=alt.Color("what:N", title=None, scale=alt.Scale(domain=names, range=colors),
                            legend=alt.Legend(orient="top")),
            row=alt.Row("vendor:N", title=None, header=alt.Header(labelAngle=0, labelAlign="left")),
            tooltip=[alt.Tooltip("hour:T", format="%-d %b, %H:%M"), "what:N", alt.Tooltip("messages:Q", format=",")],
        )
    )  # fmt: skip


def show_deliverability(reader: Reader) -> None:
    """The published days of each vendor and mailbox provider."""
    frame = rates_by_day(reader)
    if frame.empty:
        nothing("Nothing was sent so far.")
        return
    number = st.column_config.NumberColumn
    columns = {
        "channel": "Channel", "provider": "Vendor", "mailbox_domain": "Mailbox provider",
        "sent_count": number("Sent", format="localized"),
        **{name: number(spell_name(name), format="percent") for name in frame.columns if name.endswith("_rate")},
    }  # fmt: skip
    show_published(
        reader,
        frame,
        "deliverability",
        "Deliverability by vendor and mailbox provider",
        columns,
        "deliverability",
    )
