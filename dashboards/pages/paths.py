"""Which ways do people take through a visit?"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboards.answers import paths as answers
from dashboards.downloads import offer_csv
from dashboards.formatting import Spelling
from dashboards.notices import is_published, nothing, visitor_spelling
from dashboards.page import Page
from dashboards.picking import pick, pick_from_list
from dashboards.pictures.sankey import Band, sankey
from dashboards.reader import Reader
from dashboards.sources import show_source

SPANS = {7: "7 days", 30: "30 days", 90: "90 days"}
ANCHORS = {"start": "Beginning at", "end": "Ending at"}
DEPTHS = {each: str(each) for each in answers.DEPTHS}
KEPT = {each: str(each) for each in (4, 6, 8, 10)}
ANYWHERE = "The first stop of the visit"
NOWHERE = "The last stop of the visit"


def draw(reader: Reader) -> None:
    """Bands from stop to stop, and every one of them in a table."""
    if not is_published(reader, "events", "sessions"):
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        days = pick("Visits of the last", "span", SPANS)
        anchor = pick("Ways", "anchor", ANCHORS)
        depth = pick("Stops", "stops", DEPTHS, usual=4)
        most = pick(
            "Named in each place", "named", KEPT, usual=6, help_="The rarer stops of a place are drawn as one"
        )
    whole = ANYWHERE if anchor == "start" else NOWHERE
    stop = pick_from_list("Stop", "stop", [whole, *answers.known_stops(reader, days)])
    with st.spinner("Counting …", show_time=True):
        frame = answers.flows(
            reader, days=days, anchor=anchor, stop="" if stop == whole else stop, depth=depth, most=most
        )
    if frame.empty:
        nothing("No visit of this time went there.")
        return
    _show(reader, visitor_spelling(reader), frame, anchor, depth)


def _show(reader: Reader, spelling: Spelling, frame: pd.DataFrame, anchor: str, depth: int) -> None:
    visits = int(frame[frame["step"] == 1]["session_count"].sum())
    last = (answers.OTHERS, answers.END if anchor == "start" else "(beginning of the visit)")
    named = frame.replace({answers.END: last[1]})
    columns = [f"Stop {number}" for number in range(1, depth + 1)]
    told = f"{spelling.number(visits)} visits" + (", read from right to left" if anchor == "end" else "")
    st.subheader(told, anchor="ways")
    is_dark = st.context.theme.type == "dark"
    st.altair_chart(
        sankey(_bands(named, anchor, depth), columns, "Visits", last, is_dark=is_dark), width="stretch",
        alt=f"Ways of {visits} visits over {depth} stops; the same figures stand in the table",
    )  # fmt: skip
    if reader.is_masked:
        st.caption("Your role doesn't see the names of pages and screens, so they are drawn as one.")
    show_source(reader, "events", "sessions")
    with st.expander("Every way in figures", icon=":material/table:"):
        shown = named.assign(share=named["session_count"] / visits)
        st.dataframe(
            shown,
            hide_index=True,
            alt="Visits from stop to stop",
            column_config={
                "step": st.column_config.NumberColumn("Place", help="1 is where the way begins or ends"),
                "source": "From" if anchor == "start" else "To",
                "target": "To" if anchor == "start" else "From",
                "session_count": st.column_config.NumberColumn("Visits", format="localized"),
                "share": st.column_config.NumberColumn("Of all drawn", format="percent"),
            },
        )
        offer_csv(reader, shown, "paths")


def _bands(frame: pd.DataFrame, anchor: str, depth: int) -> list[Band]:
    """Ways that lead to the end are drawn with the end at the right."""
    rows = zip(frame["step"], frame["source"], frame["target"], frame["session_count"], strict=True)
    if anchor == "start":
        return [Band(int(step) - 1, source, target, float(count)) for step, source, target, count in rows]
    return [Band(depth - 1 - int(step), target, source, float(count)) for step, source, target, count in rows]


plugin = Page(
    title="Paths",
    question="Which ways do people take through a visit?",
    icon=":material/conversion_path:",
    group="Understand",
    order=67,
    draw=draw,
)
