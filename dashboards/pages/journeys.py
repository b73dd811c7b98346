"""What happens to whom, when: journeys, their steps, and the people in them."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboards.answers import journeys as answers
from dashboards.canvas.controls import show_overtaken, show_running, show_saving
from dashboards.canvas.desk import Desk, desk_of, leave
from dashboards.canvas.roster import KIND, Listed, roster
from dashboards.canvas.views import View
from dashboards.canvas.workshop import remarks_of, show_workshop
from dashboards.canvas.writing import change
from dashboards.downloads import offer_csv
from dashboards.editing import Draft, drafts, new_draft, open_draft
from dashboards.formatting import NONE, Spelling, plain, spell_name
from dashboards.links import page_address
from dashboards.notices import calm, nothing, visitor_spelling
from dashboards.page import Page
from dashboards.reader import Reader
from dashboards.sign_in.present import present_visitor
from dashboards.sources import show_source
from kith.accounts import Right
from kith.errors import KithError

STATES = {"live": ":green-badge[live]", "draft": ":gray-badge[draft]", "paused": ":orange-badge[paused]",
          "stopped": ":red-badge[stopped]", "part": ":blue-badge[part of others]",
          "broken": ":red-badge[broken]"}  # fmt: skip
EMPTY = 'name: {name}\nstate: draft\nenter: {{segment: ""}}\nholdout: 10%\nsteps: []\n'
NOTHING = "Nothing, an empty one"


def draw(reader: Reader) -> None:
    """The list, or the journey that the address names."""
    if told := st.session_state.pop("journey_told", ""):
        st.toast(told, icon=":material/check:")
    name = st.query_params.get("journey")
    if not name:
        _show_list(reader)
        return
    draft = _open(reader, name)
    if draft is None:
        st.warning(
            f"There is no journey named “{plain(name)}”. Choose one below.", icon=":material/link_off:"
        )
        _show_list(reader)
        return
    _show_journey(reader, name, draft)


def _open(reader: Reader, name: str) -> Draft | None:
    """The file, or what a visitor began and never saved."""
    try:
        return open_draft(reader.settings, KIND, name)
    except KithError:
        begun: Desk | None = st.session_state.get(f"desk_{name}")
        return begun.draft if begun and begun.draft.is_new else None


def _show_list(reader: Reader) -> None:
    spelling = visitor_spelling(reader)
    listed = roster(reader.settings)
    if present_visitor().may(Right.EDIT_JOURNEYS):
        _offer_new(reader)
    if not listed:
        nothing(
            "No journey is defined yet. Begin one above, or put a file into `activation/definitions/journeys/`."
        )
        return
    figures = {} if reader.missing("journeys") else answers.journeys(reader)
    frame = _frame(listed, figures, answers.lifts(reader), spelling)
    st.dataframe(
        frame, hide_index=True, alt="Journeys with their figures", height=min(35 * (len(frame) + 1) + 3, 760),
        column_order=["open", "state", "entrants", "inside", "converted", "lift", "who", "version", "description"],
        column_config={
            "open": st.column_config.LinkColumn("Journey", display_text=r"journey=(.*)", pinned=True, width="medium"),
            "state": st.column_config.TextColumn("State", width="small"),
            "who": st.column_config.TextColumn("Who comes in", width="medium"),
            "entrants": st.column_config.NumberColumn("Entered", format="localized", help="Table `journeys`"),
            "inside": st.column_config.NumberColumn("In it now", format="localized", help="Table `journeys`"),
            "converted": st.column_config.TextColumn("Reached the goal", help="Of those who entered: `journeys`"),
            "lift": st.column_config.TextColumn("Lift", help="Share who order, against those held out: table"
                                                " `campaign_performance`"),
            "version": st.column_config.TextColumn("Version", width="small"),
            "description": st.column_config.TextColumn("What it is for", width="large"),
        },
    )  # fmt: skip
    offer_csv(reader, frame.drop(columns="open"), "journeys")
    show_source(reader, "journeys", "campaign_performance")
    for each in listed:
        if each.trouble:
            st.warning(f"{each.name}: {plain(each.trouble)}", icon=":material/error:")


def _frame(
    listed: list[Listed], figures: dict[str, dict], lifts: dict[str, dict], spelling: Spelling
) -> pd.DataFrame:
    rows = []
    for each in listed:
        told, lift = figures.get(each.name, {}), lifts.get(each.name, {})
        entrants = int(told.get("entrants", 0))
        rows.append(
            {
                "open": page_address("journeys", journey=each.name),
                "journey": each.name,
                "state": each.state,
                "who": each.who,
                "entrants": entrants,
                "inside": int(told.get("inside", 0)),
                "converted": spelling.share(told.get("goals"), entrants),
                "lift": spelling.points(lift["lift"]) if lift else NONE,
                "version": each.version[:8],
                "description": each.description,
            }
        )
    return pd.DataFrame(rows)


def _offer_new(reader: Reader) -> None:
    with st.popover("New journey", icon=":material/add:"), st.form("new_journey", border=False):
        name = st.text_input("Name", placeholder="welcome_back", help="Small letters, digits and _")
        begin = st.selectbox("Begin with", [NOTHING, *drafts(reader.settings, KIND)], format_func=spell_name)
        if st.form_submit_button("Begin", type="primary"):
            try:
                _begin(reader, name.strip(), begin or NOTHING)
            except KithError as error:
                st.error(plain(str(error)), icon=":material/error:")


def _begin(reader: Reader, name: str, begin: str) -> None:
    """A new one on the canvas; nothing is written before it is saved."""
    draft = new_draft(reader.settings, KIND, name, "")
    text = EMPTY.format(name=name)
    if begin != NOTHING:
        text = change(
            change(open_draft(reader.settings, KIND, begin).text, ("name",), name), ("state",), "draft"
        )
    leave(name)
    desk = desk_of(name, draft)
    desk.texts = [text]
    st.query_params["journey"] = name
    st.rerun()


@st.fragment
@calm
def _show_journey(reader: Reader, name: str, draft: Draft) -> None:
    settings, spelling = reader.settings, visitor_spelling(reader)
    listed = next((each for each in roster(settings) if name in (each.name, each.stem)), None)
    desk = desk_of(name, draft)
    versions = (
        [] if reader.missing(*answers.TABLES) else answers.versions(reader, listed.name if listed else name)
    )
    view = View(reader, spelling, present_visitor(), desk, listed.name if listed else name, listed, versions)
    head = st.container(horizontal=True, vertical_alignment="center", gap="small")
    told = st.container()
    with head:
        if st.button("All journeys", icon=":material/arrow_back:", type="tertiary"):
            st.query_params.clear()
            st.rerun()
        st.markdown(f"### {plain(spell_name(name))}", width="content")
        view = _with_version(view)
    with told:
        show_overtaken(view)
    show_workshop(view)
    with head:  # last, so that it knows what a form has just changed
        state = listed.state if listed else "draft"
        st.markdown(
            STATES[state] + ("  :orange-badge[not saved]" if desk.is_changed else ""), width="stretch"
        )
        show_running(view)
        show_saving(view, remarks_of(view))
    if versions:
        show_source(reader, *answers.TABLES, definition=None if desk.draft.is_new else desk.draft.path)


def _with_version(view: View) -> View:
    """Whose figures are in view."""
    if not view.versions:
        return view
    from dataclasses import replace

    current = view.listed.version if view.listed else ""
    names = {"": "All versions"}
    for each in view.versions:
        told = " (present)" if each["version"] == current else ""
        names[each["version"]] = (
            f"{each['version'][:8]}{told} · {view.spelling.number(each['entrants'])} entered"
        )
    wanted = st.query_params.get("version", "")
    chosen = st.selectbox(
        "Figures of", list(names), index=list(names).index(wanted) if wanted in names else 0,
        format_func=names.__getitem__, label_visibility="collapsed", width=260, key=f"version_{view.name}",
    )  # fmt: skip
    if chosen != wanted:
        st.query_params.from_dict({**st.query_params.to_dict(), "version": chosen or ""})
    return replace(view, version=chosen or "")


plugin = Page(
    title="Journeys",
    question="What happens to whom, when, and what comes of it?",
    icon=":material/route:",
    group="Engage",
    order=45,
    draw=draw,
)
