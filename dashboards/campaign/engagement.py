"""When people answered a campaign, what else they did, and which messages nobody can be sure of."""

from __future__ import annotations

import streamlit as st

from dashboards import charts
from dashboards.answers import campaign_carriers as carriers
from dashboards.answers import campaigns as answers
from dashboards.downloads import offer_csv
from dashboards.formatting import Spelling
from dashboards.links import person_addresses, person_column
from dashboards.notices import nothing
from dashboards.reader import Reader
from dashboards.sources import show_source

FEEDBACK = {
    "messages_replied": "replied",
    "messages_unsubscribed": "unsubscribed",
    "messages_bounced": "bounced",
    "messages_complained": "marked it as spam",
}


def show_engagement(reader: Reader, spelling: Spelling, campaign: str, counts: dict[str, int] | None) -> None:
    """The course of the first week after sending, with what people said to it."""
    frame = answers.reached_by_hour(reader, campaign)
    if frame.empty:
        nothing("Nobody has opened, clicked or ordered so far.")
        return
    chart, notes = st.columns([3, 1], gap="large")
    with chart:
        charts.show_chart(
            charts.reached_by_hour(frame), f"Opens, clicks and orders of {campaign} by hours since sending"
        )
    with notes:
        for action, hours in answers.median_hours(reader, campaign).items():
            st.markdown(f"**{spelling.number(hours, 1)} h** median until {action}")
        if counts is not None:
            for name, label in FEEDBACK.items():
                share = spelling.share(counts[name], counts["messages_sent"], 2)
                st.caption(f"{spelling.number(counts[name])} {label} ({share})")
    st.caption(
        "Opens and clicks are people's: what scanners and image proxies fetch by themselves is left out. "
        "Each message counts once, at its first."
    )
    with st.expander("Day by day", icon=":material/calendar_month:"):
        _show_days(reader, campaign)


def _show_days(reader: Reader, campaign: str) -> None:
    frame = carriers.engagement_by_day(reader, campaign)
    wide = frame.pivot(index="day", columns="action", values="messages").fillna(0).astype(int)
    order = ("Sent", "Opened", "Clicked", "Ordered", "Unsubscribed", "Complained")
    wide = wide[[each for each in order if each in wide.columns]].reset_index()
    number = st.column_config.NumberColumn(format="localized")
    st.dataframe(
        wide,
        hide_index=True,
        alt=f"What happened to {campaign} on each day",
        column_config={
            "day": st.column_config.DateColumn("Day", format="D MMM YYYY"),
            **dict.fromkeys(order, number),
        },
    )
    offer_csv(reader, wide, f"{campaign}-by-day")


def show_uncertain(reader: Reader, spelling: Spelling, campaign: str) -> None:
    """Messages that may have been handed over twice or not at all."""
    frame = answers.uncertain_messages(reader, campaign)
    if frame.empty:
        st.caption(
            ":green[:material/check_circle:] No message is in doubt: each answer of the provider is known."
        )
        return
    st.markdown(
        "The connection broke between handing these over and hearing the answer. They may have arrived "
        "although no answer came, or have arrived twice."
    )
    frame.insert(0, "person", person_addresses(frame.pop("profile_id")))
    for column in ("decided_at", "sent_at", "delivered_at"):
        frame[column] = [spelling.instant(each) for each in frame[column]]
    st.dataframe(
        frame,
        hide_index=True,
        alt=f"Messages of {campaign} whose delivery is uncertain",
        column_config={
            "person": person_column(),
            "message_id": st.column_config.TextColumn("Message", width="medium"),
            "channel": "Channel",
            "outcome": "Outcome",
            "reason": "Reason",
            "attempts": st.column_config.NumberColumn("Attempts"),
            "decided_at": "Planned",
            "sent_at": "Sent",
            "delivered_at": "Delivered",
        },
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        show_source(reader, "messages")
        offer_csv(reader, frame, f"{campaign}-uncertain")
