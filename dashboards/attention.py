"""What needs attention, and how the channels do: parts of the overview."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboards.answers import attention as answers
from dashboards.downloads import offer_csv
from dashboards.formatting import NONE, Spelling, plain, spell_name
from dashboards.links import page_address
from dashboards.notices import is_published, nothing
from dashboards.reader import Reader
from dashboards.sources import show_source
from kith.registry import plugin_names

SEVERITIES = {
    "urgent": (":red[:material/error:]", "Urgent"),
    "watch": (":orange[:material/visibility:]", "Watch"),
}


def show_attention(reader: Reader) -> None:
    """A list, urgent things first; a calm sentence where there is nothing."""
    st.subheader("What needs attention", anchor="attention")
    found = answers.concerns(reader)
    if not found:
        st.caption(
            ":green[:material/check_circle:] Nothing does: data, models, channels and definitions are in order."
        )
        return
    pages = set(plugin_names("dashboards.pages"))
    with st.container(border=True, gap="xsmall"):
        for concern in found:
            st.markdown(_line(concern, pages))


def _line(concern: answers.Concern, pages: set[str]) -> str:
    sign, word = SEVERITIES[concern.severity]
    link = ""
    if concern.page in pages:
        parameters = {name: value for name, value in concern.parameters.items() if value}
        link = f" [Look]({page_address(concern.page, **parameters)})"
    return (
        f"{sign} **{word}** · {plain(concern.told)} {concern.way_out[:1].upper()}{concern.way_out[1:]}.{link}"
    )


def show_channels(reader: Reader, spelling: Spelling) -> None:
    """Who takes what we send, and how much of it bounces or offends."""
    st.subheader("Health of channels", anchor="channels")
    if not is_published(reader, "deliverability"):
        return
    rows = answers.channels(reader)
    if not rows:
        nothing("Nothing has been sent yet.")
        return
    frame = pd.DataFrame(
        {
            "channel": [spell_name(row["channel"]) for row in rows],
            "provider": [row["provider"] or NONE for row in rows],
            "sent_count": [row["sent_count"] for row in rows],
            "accepted_share": [_share(row, "accepted_count") for row in rows],
            "hard_bounce_share": [_share(row, "hard_bounce_count") for row in rows],
            "complaint_share": [_share(row, "complaint_count") for row in rows],
            "last_on": [spelling.day(pd.Timestamp(row["last_on"]).to_pydatetime()) for row in rows],
        }
    )
    st.dataframe(
        frame,
        hide_index=True,
        alt="Channels and providers over the last days on which anything was sent",
        column_config={
            "channel": "Channel",
            "provider": "Provider",
            "sent_count": st.column_config.NumberColumn("Sent", format="localized"),
            "accepted_share": st.column_config.NumberColumn("Taken by the provider", format="percent"),
            "hard_bounce_share": st.column_config.NumberColumn("Bounced for good", format="percent"),
            "complaint_share": st.column_config.NumberColumn("Complained", format="percent"),
            "last_on": "Last sent",
        },
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        offer_csv(reader, frame, "channels")
        st.caption(
            f"The {answers.SENDING_DAYS} days up to the last on which anything was sent", width="content"
        )
    show_source(reader, "deliverability")


def _share(row: dict, name: str) -> float | None:
    return row[name] / row["sent_count"] if row["sent_count"] else None
