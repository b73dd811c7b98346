"""The lower part of a person's page: identifiers, consents, segments, orders, messages, timeline."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboards.answers import person as answers
from dashboards.formatting import Spelling, plain, spell_name
from dashboards.links import page_address
from dashboards.notices import is_published, nothing
from dashboards.reader import Reader
from dashboards.tables import Row, show_table

#: The specification's kinds of events, in words a marketer uses.
KINDS = {"track": "Action", "page": "Visit", "screen": "Visit", "identify": "Details", "message": "Message"}
WHAT = {"page": "Page viewed", "screen": "Screen viewed", "identify": "Told us about themselves"}


def show_identifiers(reader: Reader, person: str) -> None:
    """What belongs together as this one person."""
    st.markdown("#### Known by")
    frame = answers.identifiers_of(reader, person)
    pairs = zip(frame["identifier_type"], frame["identifier_value"], strict=True)
    rows = [Row((spell_name(kind), value)) for kind, value in pairs]
    show_table("Identifiers of this person", ("Kind", "Identifier"), rows, numbers=0)


def show_consents(reader: Reader, spelling: Spelling, person: str) -> None:
    """What the person allows; where nothing is recorded, nothing is allowed."""
    st.markdown("#### Consent")
    if not is_published(reader, "consents"):
        return
    frame = answers.consents_of(reader, person)
    if frame.empty:
        nothing("Nothing is recorded, so nothing is allowed.")
        return
    columns = [
        frame[name]
        for name in ("is_granted", "purpose", "channel", "effective_at", "legal_basis", "evidence")
    ]
    rows = []
    for granted, purpose, channel, since, basis, evidence in zip(*columns, strict=True):
        note = f"since {spelling.day(since)} · {basis or 'no basis'} · {evidence or 'no evidence'}"
        rows.append(
            Row((f"{spell_name(purpose)} by {channel}", "✓ Allowed" if granted else "✗ Not allowed"), note)
        )
    show_table("What the person allows", ("Purpose and channel", "Permission"), rows)


def show_segments(reader: Reader, spelling: Spelling, person: str) -> None:
    """The segments the person is in."""
    st.markdown("#### Segments")
    if not is_published(reader, "segments", "segment_members"):
        return
    rows = answers.segments_of(reader, person)
    if not rows:
        nothing("In no segment at present.")
    for row in rows:
        address = page_address("segments", segment=row["segment"])
        since = spelling.day(row["entered_at"])
        st.markdown(f"[**{plain(spell_name(row['segment']))}**]({address}) since {since}")
        if row["description"]:
            st.caption(plain(row["description"]))


def show_orders(reader: Reader, spelling: Spelling, person: str) -> None:
    """All orders."""
    if not is_published(reader, "orders"):
        return
    frame = answers.orders_of(reader, person)
    if frame.empty:
        nothing("No order so far.")
        return
    for column in ("order_amount", "refunded_amount", "net_amount"):
        frame[column] = [spelling.money(a, c) for a, c in zip(frame[column], frame["currency"], strict=True)]
    frame["ordered_at"] = _spell_instants(frame["ordered_at"], spelling)
    frame["status"] = [spell_name(each) for each in frame["status"]]
    st.dataframe(
        frame.drop(columns="currency"),
        hide_index=True,
        alt="The person's orders",
        column_config={
            "order_id": "Order",
            "ordered_at": "When",
            "status": "Status",
            "line_count": st.column_config.NumberColumn("Lines", format="localized"),
            "order_amount": st.column_config.TextColumn("Amount", alignment="right"),
            "refunded_amount": st.column_config.TextColumn("Refunded", alignment="right"),
            "net_amount": st.column_config.TextColumn("Net", alignment="right"),
        },
    )


def _spell_instants(column: pd.Series[pd.Timestamp], spelling: Spelling) -> list[str]:
    return [spelling.instant(each) for each in column]
