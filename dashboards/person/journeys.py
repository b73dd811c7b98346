"""The journeys that a person is in or was in: where they stand, the way they came, what may come next."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from activation.journeys.programme import Programme, load_programme
from dashboards.answers import person_history as answers
from dashboards.formatting import Spelling, plain, spell_name
from dashboards.links import page_address
from dashboards.notices import is_published, nothing
from dashboards.reader import Reader
from dashboards.sources import show_source
from kith.errors import KithError

ENDED = "the end"


def show_journeys(reader: Reader, spelling: Spelling, person: str) -> None:
    """A box for each time the person entered one, those that go on first."""
    if not is_published(reader, "enrolments", "journey_transitions"):
        return
    enrolments = answers.enrolments_of(reader, person)
    if not enrolments:
        nothing("This person never entered a journey.")
        return
    ways, programme = answers.transitions_of(reader, person), _programme(reader)
    for row in enrolments:
        with st.container(border=True):
            _show_enrolment(row, ways.get(row["enrolment_id"], []), programme, spelling)
    show_source(reader, "enrolments", "journey_transitions")


def _programme(reader: Reader) -> Programme | None:
    """The journeys as they are defined; None while a file among them is faulty."""
    try:
        return load_programme(reader.settings)
    except KithError:
        return None


def _show_enrolment(
    row: dict[str, Any], way: list[dict[str, Any]], programme: Programme | None, spelling: Spelling
) -> None:
    page = "campaigns" if programme and any(each.name == row["journey"] for each in programme.definitions
        if each.kind == "campaigns") else "journeys"  # fmt: skip
    parameter = page.rstrip("s")
    address = page_address(page, **{parameter: row["journey"]})
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"[**{plain(spell_name(row['journey']))}**]({address})", width="content")
        if row["is_ended"]:
            st.badge(spell_name(row["ended_by"] or "ended"), color="gray")
        else:
            st.badge("Inside", color="green")
        if row["is_holdout"]:
            st.badge("Held out", color="orange", help="Measured, never written to")
    by = f" by segment {plain(spell_name(row['segment']))}" if row["segment"] else ""
    st.caption(f"Entered {spelling.instant(row['entered_at'])}{by}")
    if not row["is_ended"]:
        st.markdown(
            f"Now at **{plain(step_name(row['node_id']))}** since {spelling.instant(row['node_entered_at'])}"
        )
        if coming := _next_steps(row, programme):
            st.markdown("Next: " + " · ".join(coming))
    with st.expander(f"The way so far: {len(way)} steps"):
        for each in way:
            st.markdown(_step_line(each, spelling))


def _next_steps(row: dict[str, Any], programme: Programme | None) -> list[str]:
    """By the present definition, if the person is still under it."""
    graph = programme.graphs.get(row["journey"]) if programme else None
    if graph is None or graph.version != row["journey_version"]:
        return []
    spelled = partial(_edge, count=sum(each.node_id == row["node_id"] for each in graph.edges))
    return [spelled(each.label, each.to) for each in graph.edges if each.node_id == row["node_id"]]


def _edge(label: str, to: str, count: int) -> str:
    target = plain(step_name(to) if to else ENDED)
    return target if count == 1 else f"{plain(spell_name(label))} → {target}"


def _step_line(row: dict[str, Any], spelling: Spelling) -> str:
    at = f":gray[{spelling.instant(row['at'])}]"
    if row["kind"] == "entered":
        return f"{at} entered, to {plain(step_name(row['to_node_id']))}"
    target = step_name(row["to_node_id"]) if row["to_node_id"] else spell_name(row["reason"]) or ENDED
    return f"{at} {plain(step_name(row['node_id']))} → {plain(target)}"


def step_name(node_id: str | None) -> str:
    """`message:winback_offer` as `message winback offer`."""
    return (node_id or "").replace(":", " ").replace("_", " ") or ENDED
