"""By whom a campaign's messages went and how well they arrived; which variant did best."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboards.answers import campaign_carriers as answers
from dashboards.downloads import offer_csv
from dashboards.formatting import Spelling, spell_name
from dashboards.notices import nothing
from dashboards.reader import Reader
from dashboards.sources import show_source
from dashboards.tables import Row, show_table

#: Mailbox providers begin to punish a sender above these shares (their own published limits).
HIGH_BOUNCES, HIGH_COMPLAINTS = 0.02, 0.003


def show_carriers(reader: Reader, spelling: Spelling, campaign: str) -> None:
    """Vendors on the left, mailbox providers on the right."""
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**By vendor**")
        _show_vendors(reader, spelling, campaign)
    with right:
        st.markdown("**By mailbox provider**, all mail of the days on which it left")
        if reader.missing("deliverability"):
            nothing("This run published no deliverability.")
        else:
            _show_domains(reader, spelling, campaign)


def _show_vendors(reader: Reader, spelling: Spelling, campaign: str) -> None:
    frame = answers.vendors(reader, campaign)
    if frame.empty:
        nothing("Nothing was handed to a vendor yet.")
        return
    rows = [_vendor_row(row, spelling) for row in frame.to_dict("records")]
    header = ("Vendor", "Handed over", "Accepted", "Delivered", "Bounced", "Spam", "Unsubscribed")
    show_table(f"Vendors of {campaign}", header, rows, numbers=6)
    _tell(reader, frame, f"{campaign}-vendors", "messages")


def _vendor_row(row: dict, spelling: Spelling) -> Row:
    handed = int(row["handed_over"])
    shares = [spelling.share(row[name], handed, 1) for name in ("accepted", "delivered", "bounced")]
    rare = [spelling.share(row[name], handed, 2) for name in ("complained", "unsubscribed")]
    named = f"{row['vendor']} ({row['channel']})"
    return Row((named, spelling.number(handed), *shares, *rare))


def _show_domains(reader: Reader, spelling: Spelling, campaign: str) -> None:
    frame = answers.domains(reader, campaign)
    if frame.empty:
        nothing("None of its messages went to a mailbox.")
        return
    rows = []
    for row in frame.to_dict("records"):
        marks = [
            name
            for name, rate, limit in (
                ("many bounces", row["bounce_rate"], HIGH_BOUNCES),
                ("many complaints", row["complaint_rate"], HIGH_COMPLAINTS),
            )
            if rate is not None and rate > limit
        ]
        cells = (
            row["mailbox_domain"],
            spelling.number(row["sent"]),
            spelling.share(row["delivered"], row["sent"]),
            spelling.percent(row["bounce_rate"], 2),
            spelling.percent(row["complaint_rate"], 2),
        )
        rows.append(Row(cells, f"⚠ {', '.join(marks)}" if marks else ""))
    header = ("Mailbox provider", "Sent", "Delivered", "Bounced", "Spam")
    show_table(f"Mailbox providers on the days of {campaign}", header, rows, numbers=4)
    st.caption(
        f"Marked above {spelling.percent(HIGH_BOUNCES)} bounces or "
        f"{spelling.percent(HIGH_COMPLAINTS)} complaints: there mailbox providers begin to turn mail away."
    )
    _tell(reader, frame, f"{campaign}-mailbox-providers", "deliverability")


def show_variants(reader: Reader, spelling: Spelling, campaign: str) -> None:
    """What was compared, who leads, and whether that is proved; templates side by side besides."""
    frame = pd.DataFrame() if reader.missing("experiments") else answers.variants(reader, campaign)
    sent = answers.templates(reader, campaign)
    if frame.empty and len(sent) < 2:
        nothing("One template only: nothing was compared.")
        return
    if not frame.empty:
        st.markdown(_verdict(frame))
        rows = [_variant_row(row, spelling) for row in frame.to_dict("records")]
        header = ("Variant", "People", f"Reached “{frame['goal'][0]}”", "Share")
        show_table(f"Variants of {campaign}", header, rows, numbers=3)
        _tell(reader, frame, f"{campaign}-variants", "experiments")
    rows = [
        Row(
            (
                spell_name(row["template"]),
                spelling.number(row["accepted"]),
                *(spelling.share(row[name], row["accepted"]) for name in ("opened", "clicked", "ordered")),
            )
        )
        for row in sent.to_dict("records")
    ]
    if len(rows) > 1:
        show_table(
            f"Templates of {campaign}", ("Template", "Accepted", "Opened", "Clicked", "Ordered"), rows, 4
        )
        _tell(reader, sent, f"{campaign}-templates", "messages")


def _verdict(frame: pd.DataFrame) -> str:
    won = frame[frame["is_winner"].fillna(False).astype(bool)]
    if len(won):
        return f":green[:material/trophy:] **{spell_name(won['variant'].iloc[0])}** has won: who comes after gets it."
    leads = frame[frame["is_leader"].fillna(False).astype(bool)]
    if len(leads):
        return f"**{spell_name(leads['variant'].iloc[0])}** leads; it may still be chance, so nobody has won yet."
    return "Nobody leads yet."


def _variant_row(row: dict, spelling: Spelling) -> Row:
    note = "won" if row["is_winner"] else "leads" if row["is_leader"] else ""
    return Row(
        (
            spell_name(row["variant"]),
            spelling.number(row["people_count"]),
            spelling.number(row["reached_count"]),
            spelling.percent(row["rate"]),
        ),
        note,
    )


def _tell(reader: Reader, frame: pd.DataFrame, name: str, table: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        show_source(reader, table)
        offer_csv(reader, frame, name)
