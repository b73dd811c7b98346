"""How much, by what, since when? Any metric, as one wants to see it."""

from __future__ import annotations

import streamlit as st

from dashboards.answers import metrics as answers
from dashboards.board import Period, Tile, asked_of
from dashboards.boards.asking import ask_tile
from dashboards.boards.collecting import offer_to_keep
from dashboards.boards.link import keep_in_link, signature, tile_in_link, tile_parameters
from dashboards.downloads import offer_csv
from dashboards.metric_charts import show_told
from dashboards.notices import nothing, visitor_spelling
from dashboards.page import Page
from dashboards.reader import Reader
from dashboards.sources import show_source
from kith.errors import KithError
from kith.metrics.catalogue import Catalogue

#: What stands there when nothing was asked yet.
FIRST = ("orders", "sessions")
_KEY, _SEEN = "explorer", "explorer_link"


def draw(reader: Reader) -> None:
    """Choose; then see it, save it, take it away."""
    try:
        catalogue = answers.catalogue_of(reader)
    except KithError as error:
        nothing(
            f"{error.problem[:1].upper()}{error.problem[1:]}. `kith run` publishes metrics with the next run."
        )
        return
    tile = ask_tile(reader, _begin_with(catalogue), _KEY)
    keep_in_link(tile_parameters(tile))
    st.session_state[_SEEN] = signature()
    if not tile.metrics:
        nothing("Choose one metric or more. What each of them counts is told below the answer.")
        return
    _show(reader, tile)


def _begin_with(catalogue: Catalogue) -> Tile:
    """What the address asks. One that isn't ours (a link, the way back) puts all widgets to what it says."""
    known = [each.name for each in catalogue.metrics]
    first = tuple(each for each in FIRST if each in known)[:1] or tuple(known[:1])
    tile = tile_in_link(catalogue, Tile(metrics=first, grain="day", period=Period(days=28)))
    if st.session_state.get(_SEEN) != signature():
        for key in [key for key in st.session_state if str(key).startswith(f"{_KEY}_")]:
            del st.session_state[key]
    return tile


def _show(reader: Reader, tile: Tile) -> None:
    asked = asked_of(tile, reader)
    try:
        told = answers.tell(reader, asked)
    except KithError as error:
        more = f" Expected: {error.expected}." if error.expected else ""
        st.warning(f"{error.problem[:1].upper()}{error.problem[1:]}.{more}", icon=":material/function:")
        return
    show_told(told, tile.chart, visitor_spelling(reader), "large")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        offer_csv(reader, told.frame, f"metrics-{'-'.join(tile.metrics)}"[:80])
        with st.popover("The same in a terminal", icon=":material/terminal:", type="tertiary"):
            st.code(asked.command, language="bash", wrap_lines=True)
            st.code(told.sql, language="sql")
        offer_to_keep(reader, tile)
    show_source(reader)
    with st.expander("What these metrics count", icon=":material/function:"):
        for metric in told.metrics:
            st.markdown(f"**{metric.label}** (`{metric.name}`): {metric.description}")


plugin = Page(
    title="Metrics",
    question="How much, by what, and since when?",
    icon=":material/query_stats:",
    group="Understand",
    order=65,
    draw=draw,
)
