"""What a definition amounts to, beside the builder: how many, how that moved, whom it reaches, who they are."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from activation.segments.preview import Preview
from dashboards.builder.audience import preview_of
from dashboards.builder.desk import Desk
from dashboards.builder.tree import is_complete
from dashboards.cards import Card
from dashboards.formatting import Spelling, plain, spell_name
from dashboards.links import page_address, person_addresses, person_column
from dashboards.notices import nothing
from dashboards.reader import Reader
from dashboards.sources import spell_source
from kith.errors import KithError


def show_outcome(reader: Reader, desk: Desk, spelling: Spelling) -> Preview | None:
    """The live count and what belongs to it; a calm word while the definition is unfinished."""
    if desk.fault:
        st.warning(f"The definition can't be read yet: {plain(desk.fault)}", icon=":material/edit_note:")
        return None
    if desk.root is not None and not is_complete(desk.root):
        nothing("Counting goes on as soon as no group is empty.")
        return None
    try:
        found = preview_of(reader, desk.draft.name, desk.text)
    except KithError as error:
        place = (error.where or "").partition(": ")[2]
        told = f"**{plain(place)}**: {plain(error.problem)}" if place else plain(error.problem)
        expected = f" Expected {plain(error.expected)}." if error.expected else ""
        st.warning(f"Not counted yet. {told}.{expected}", icon=":material/edit_note:")
        return None
    _show(reader, found, spelling)
    return found


def _show(reader: Reader, found: Preview, spelling: Spelling) -> None:
    card = Card(
        "People",
        spelling.number(found.size),
        f"What `kith segments preview` says. {spell_source(reader, 'profiles', 'events')}",
        f"{spelling.percent(found.share)} of all profiles",
        spark=[each.size for each in found.trend],
    )
    st.metric(
        card.label, card.text, card.note, delta_color="off", delta_arrow="off", help=card.source, border=True,
        chart_data=list(card.spark), chart_type="area",
    )  # fmt: skip
    st.caption(f"Twelve weeks: {plain(found.trend_note)}.")
    for event in found.unseen_events:
        st.warning(f"No event “{plain(event)}” was ever seen. Is the name right?", icon=":material/help:")
    reach, overlap, people = st.tabs(["Reach", "Overlap", "Sample"])
    with reach:
        _show_reach(found, spelling)
    with overlap:
        _show_overlap(found)
    with people:
        _show_sample(reader, found)


def _show_reach(found: Preview, spelling: Spelling) -> None:
    if not found.reach:
        nothing("Nobody in it allowed marketing on any channel.")
    for each in found.reach:
        st.progress(
            each.reachable_count / found.size if found.size else 0.0,
            f"**{spell_name(each.channel)}** {spelling.number(each.reachable_count)} reachable"
            f" of {spelling.number(each.consented_count)} who allow it",
        )


def _show_overlap(found: Preview) -> None:
    if not found.overlaps:
        nothing("It shares nobody with the segments in force.")
        return
    frame = pd.DataFrame(
        {
            "segment": [page_address("segments", segment=each.segment) for each in found.overlaps],
            "shared": [each.shared for each in found.overlaps],
            "of": [100 * each.shared / found.size for each in found.overlaps],
        }
    )
    st.dataframe(
        frame,
        hide_index=True,
        alt="Segments in force that share most people with it",
        column_config={
            "segment": st.column_config.LinkColumn("Also in", display_text=r"segment=(\w+)"),
            "shared": st.column_config.NumberColumn("People in both", format="localized"),
            "of": st.column_config.ProgressColumn("Of these", format="%.1f %%", min_value=0, max_value=100),
        },
    )


def _show_sample(reader: Reader, found: Preview) -> None:
    show_people(reader, found.sample, "A sample of the people in it")


def show_people(reader: Reader, profile_ids: tuple[str, ...], alt: str) -> None:
    """A few people with what tells them apart, without their addresses."""
    if not profile_ids:
        nothing("Nobody.")
        return
    frame = reader.frame(
        """
        SELECT profile_id, country, order_count, last_seen_at FROM profiles
        WHERE list_contains($ids, profile_id) ORDER BY profile_id""",
        ids=list(profile_ids),
    )
    frame.insert(0, "person", person_addresses(frame.pop("profile_id")))
    st.dataframe(
        frame,
        hide_index=True,
        alt=alt,
        column_config={
            "person": person_column(),
            "country": "Country",
            "order_count": st.column_config.NumberColumn("Orders", format="localized"),
            "last_seen_at": st.column_config.DatetimeColumn("Last seen", format="D MMM YYYY"),
        },
    )
