"""Whom do we know how to address, and how do these groups change?"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboards import charts
from dashboards.answers import segments as answers
from dashboards.cards import Card, show_cards
from dashboards.choice import choose
from dashboards.formatting import NONE, Spelling, plain, spell_name
from dashboards.links import page_address, person_addresses, person_column
from dashboards.notices import is_published, nothing, visitor_spelling
from dashboards.page import Page
from dashboards.reader import Reader
from dashboards.sign_in.present import present_visitor
from dashboards.sources import show_source
from kith.accounts import Right

KINDS = {"yaml": "Definition", "sql": "SQL model"}


def draw(reader: Reader) -> None:
    """All segments, then the chosen one."""
    if not is_published(reader, "segments", "segment_members", "segment_history", "profiles"):
        return
    spelling = visitor_spelling(reader)
    frame = answers.list_segments(reader)
    if frame.empty:
        nothing("No segment is defined yet. One file in `activation/definitions/segments/` is one segment.")
        return
    _show_list(reader, frame, spelling)
    show_source(reader, "segments", "segment_history", "segment_members", "consents")
    _show_ways(reader)
    segment = choose("Segment", "segment", frame["segment"].tolist())
    if segment:
        _show_segment(reader, spelling, frame[frame["segment"] == segment].iloc[0])


def _show_ways(reader: Reader) -> None:
    """Where segments are made; for those who may."""
    if present_visitor().may(Right.EDIT_SEGMENTS):
        with st.container(horizontal=True):
            st.link_button("Build a segment", page_address("segment_builder"), icon=":material/tune:")
            st.link_button("Upload a list", page_address("lists"), icon=":material/upload:")


def _show_list(reader: Reader, frame: pd.DataFrame, spelling: Spelling) -> None:
    shown = frame.drop(columns=["version", "evaluated_at", "held_reason", "held_since"])
    shown["segment"] = [spell_name(each) for each in shown["segment"]]
    shown["kind"] = [KINDS.get(each, each) for each in shown["kind"]]
    shown["member_share"] = shown["member_share"] * 100
    shown["changed_at"] = [spelling.instant(each) for each in shown["changed_at"]]
    trends = answers.trends(reader)
    shown["trend"] = [trends.get(each, []) for each in frame["segment"]]
    channels = _add_reach(reader, shown, frame)
    st.dataframe(
        shown,
        hide_index=True,
        alt="Segments with their sizes, their course and how many can be reached",
        column_order=[
            "segment",
            "member_count",
            "member_share",
            "trend",
            *channels,
            "entered_count",
            "left_count",
            "changed_at",
            "kind",
            "description",
        ],
        column_config={
            "segment": st.column_config.TextColumn("Segment", pinned=True),
            "description": st.column_config.TextColumn("Who they are", width="large"),
            "kind": "Kind",
            "member_count": st.column_config.NumberColumn("People", format="localized"),
            "member_share": st.column_config.ProgressColumn(
                "Share of all people", format="%.1f %%", min_value=0, max_value=100, width="medium"
            ),
            "trend": st.column_config.LineChartColumn(
                "Course", help="Its size at each evaluation that moved somebody"
            ),
            **{
                each: st.column_config.NumberColumn(
                    spell_name(each),
                    format="localized",
                    help="Members who allow marketing by it and have an address",
                )
                for each in channels
            },
            "entered_count": st.column_config.NumberColumn(
                "Entered", help="At the last change", format="localized"
            ),
            "left_count": st.column_config.NumberColumn(
                "Left", help="At the last change", format="localized"
            ),
            "changed_at": "Last change",
        },
    )


def _add_reach(reader: Reader, shown: pd.DataFrame, frame: pd.DataFrame) -> list[str]:
    """A column per channel on which anybody can be reached; answers their names."""
    told = answers.reach(reader)
    channels = sorted({row["channel"] for row in told})
    for channel in channels:
        counts = {row["segment"]: row["reachable_count"] for row in told if row["channel"] == channel}
        shown[channel] = [counts.get(each, 0) for each in frame["segment"]]
    return channels


def _show_segment(reader: Reader, spelling: Spelling, row: pd.Series) -> None:  # type: ignore[type-arg]
    segment = str(row["segment"])
    st.subheader(spell_name(segment), anchor="segment")
    if row["description"]:
        st.markdown(plain(row["description"]))
    if row["held_reason"]:
        st.warning(
            f"Held since {spelling.instant(row['held_since'])}: the audience {plain(row['held_reason'])}. "
            f"The last members in order stay in force until `kith segments confirm {segment}`.",
            icon=":material/front_hand:",
        )
    show_cards(
        [
            Card(
                "People",
                spelling.number(int(row["member_count"])),
                "Table `segments`: `member_count`",
                f"{spelling.percent(row['member_share'])} of all people",
            ),
            Card(
                "Entered",
                spelling.number(int(row["entered_count"])),
                "Table `segment_history`",
                "at the last change",
            ),
            Card(
                "Left",
                spelling.number(int(row["left_count"])),
                "Table `segment_history`",
                "at the last change",
            ),
            Card(
                "Evaluated",
                spelling.day(row["evaluated_at"]),
                "Table `segments`: `evaluated_at`",
                f"{spelling.local(row['evaluated_at']):%H:%M} {spelling.zone}",
            ),
        ]
    )
    history, members, overlap = st.tabs(["History", "Sample of members", "Overlap"])
    with history:
        _show_history(reader, segment)
    with members:
        _show_members(reader, spelling, segment)
    with overlap:
        _show_overlap(reader, segment)
    st.caption(f"Definition `{segment}`, version `{row['version']}`")
    definition = f"segments/{segment}.yml" if row["kind"] == "yaml" else None
    show_source(reader, "segments", "segment_members", "segment_history", definition=definition)
    if row["kind"] == "yaml" and present_visitor().may(Right.EDIT_SEGMENTS):
        address = page_address("segment_builder", segment=segment)
        st.link_button("Open in the builder", address, icon=":material/tune:")


def _show_history(reader: Reader, segment: str) -> None:
    frame = answers.movements(reader, segment)
    if frame.empty:
        nothing("Nobody has entered so far.")
        return
    chart, reasons = st.columns([3, 1], gap="large")
    with chart:
        text = f"Size of {segment} over {len(frame)} evaluations, with people who entered and left at each"
        charts.show_chart(charts.size_and_movement(frame), text)
    with reasons:
        st.markdown("**Why people moved**")
        why = answers.reasons_of_movement(reader, segment)
        why["change"] = [spell_name(each) for each in why["change"]]
        why["reason"] = [spell_name(each or "") for each in why["reason"]]
        count = st.column_config.NumberColumn("People", format="localized")
        st.dataframe(
            why,
            hide_index=True,
            alt=f"Reasons of movements of {segment}",
            column_config={"change": "Change", "reason": "Because of", "people": count},
        )


def _show_members(reader: Reader, spelling: Spelling, segment: str) -> None:
    frame = answers.sample_members(reader, segment)
    if frame.empty:
        nothing("Nobody is in this segment now.")
        return
    frame.insert(0, "person", person_addresses(frame.pop("profile_id")))
    spent = zip(frame.pop("order_amount"), frame.pop("currency"), frame["order_count"], strict=True)
    frame["spent"] = [spelling.money(amount, code) if count else NONE for amount, code, count in spent]
    for column in ("entered_at", "last_seen_at"):
        frame[column] = [spelling.instant(each) for each in frame[column]]
    st.dataframe(
        frame,
        hide_index=True,
        alt=f"Up to 50 members of {segment}, without addresses",
        column_config={
            "person": person_column(),
            "entered_at": "In since",
            "country": "Country",
            "order_count": st.column_config.NumberColumn("Orders", format="localized"),
            "spent": "Spent",
            "last_seen_at": "Last seen",
        },
    )


def _show_overlap(reader: Reader, segment: str) -> None:
    frame = answers.overlaps(reader, segment)
    if frame.empty:
        nothing("There is no other segment to compare with.")
        return
    for column in ("shared_share", "other_share"):
        frame[column] = frame[column] * 100
    frame["segment"] = [spell_name(each) for each in frame["segment"]]
    percent = {"format": "%.1f %%", "min_value": 0, "max_value": 100}
    st.dataframe(
        frame,
        hide_index=True,
        alt=f"People that {segment} shares with other segments",
        column_config={
            "segment": "Also in",
            "shared_count": st.column_config.NumberColumn("People in both", format="localized"),
            "shared_share": st.column_config.ProgressColumn("Of this segment", **percent),
            "other_share": st.column_config.ProgressColumn("Of the other one", **percent),
        },
    )


plugin = Page(
    title="Segments",
    question="Whom do we know how to address, and how do these groups change?",
    icon=":material/groups:",
    group="People",
    order=30,
    draw=draw,
)
