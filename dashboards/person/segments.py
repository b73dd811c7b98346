"""Why the person is in a segment, or isn't: each condition with what it found."""

from __future__ import annotations

import streamlit as st

from activation.segments.explain import Explanation, explain
from activation.segments.verdict import Verdict
from dashboards.answers.person import segments_of
from dashboards.answers.segments import segment_names
from dashboards.formatting import plain, spell_name
from dashboards.notices import calm, is_published, nothing
from dashboards.reader import Reader
from dashboards.sources import show_source
from kith.errors import KithError


@st.fragment
@calm
def show_explanations(reader: Reader, person: str) -> None:
    """The tree of one segment, judged for this person by the engine of `kith segments explain`."""
    if not is_published(reader, "segments", "segment_members"):
        return
    names, inside = segment_names(reader), {row["segment"] for row in segments_of(reader, person)}
    if not names:
        nothing("No segment is defined yet.")
        return
    ordered = sorted(names, key=lambda each: (each not in inside, each))
    chosen = st.selectbox(
        "Why is this person in, or not in", ordered, key=f"explained_{person}",
        format_func=lambda each: f"{'✓' if each in inside else '✗'} {spell_name(each)}",
    )  # fmt: skip
    try:
        with st.spinner("Judging each condition"):
            found = _explained(reader, reader.run_id, chosen, person)
    except KithError as error:
        nothing(f"It can't be explained: {plain(str(error))}")
        return
    if found.is_member != (chosen in inside):
        nothing(
            "The definition judged now says otherwise than the last evaluation: it was edited, is held, or waits."
        )
    with st.container(gap="xsmall"):
        _show(found.verdict, 0, reader.is_masked)
    show_source(reader, "profiles", "events", definition=f"segments/{chosen}.yml")


@st.cache_data(max_entries=100, show_spinner=False)
def _explained(_reader: Reader, run_id: str, segment: str, person: str) -> Explanation:
    return explain(_reader.settings, segment, person)


def _show(verdict: Verdict, depth: int, is_masked: bool) -> None:
    mark = ":green[:material/check:]" if verdict.is_true else ":orange[:material/close:]"
    value = "" if verdict.children or is_masked else _found(verdict)
    st.markdown(f"{'&emsp;&emsp;' * depth}{mark} {plain(verdict.condition)}{value}")
    for child in verdict.children:
        _show(child, depth + 1, is_masked)


def _found(verdict: Verdict) -> str:
    if isinstance(verdict.value, bool):
        return ""
    told = "nothing known" if verdict.value is None else plain(str(verdict.value))
    return f" &ensp; :gray[found {told}]"
