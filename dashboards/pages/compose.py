"""What shall be said, to whom, when, and whom would it reach?"""

from __future__ import annotations

from datetime import date

import streamlit as st

from dashboards.campaign.roster import listed
from dashboards.compose import choices
from dashboards.compose.controls import Controls
from dashboards.compose.document import EMPTY, Page, read, written
from dashboards.compose.forecast import show_forecast
from dashboards.compose.launch import offer_launch
from dashboards.compose.message import sent_by, show_message
from dashboards.compose.reading import show_preview
from dashboards.compose.rules import show_goal, show_rules
from dashboards.compose.saving import Open, show_remarks, show_save, show_text
from dashboards.compose.timing import show_timing
from dashboards.editing import drafts, new_draft, open_draft
from dashboards.formatting import Spelling, plain
from dashboards.notices import is_published, visitor_spelling
from dashboards.page import Page as DashboardPage
from dashboards.reader import Reader
from dashboards.sign_in.present import present_visitor
from kith.accounts import Right
from kith.errors import KithError

KIND, NEW = "campaigns", "A new campaign"


def draw(reader: Reader) -> None:
    """The form on the left; how it reads, whom it reaches and the file on the right."""
    if not is_published(reader, "profiles"):
        return
    opened = _open(reader)
    if opened is None:
        return
    if told := st.session_state.pop("compose_told", ""):
        st.toast(told, icon=":material/check:")
    spelling = visitor_spelling(reader)
    left, right = st.columns([5, 4], gap="large")
    with left:
        text = _show_form(reader, spelling, opened)
    with right:
        reading, reach, file = st.tabs(["How it reads", "Whom it reaches", "The file"])
        said = read(text) or {}
        with reading:
            known = {each.name: each for each in choices.templates(reader.settings)}
            chosen = [known[name] for name in sent_by(said) if name in known]
            show_preview(reader, chosen, listed(said.get("by")), said.get("to"), f"preview_{opened.name}")
        with reach:
            show_forecast(reader, spelling, opened.name, text)
        with file:
            show_text(opened, text)
    with left:
        remarks = show_remarks(reader.settings, opened.draft, text)
        with st.container(horizontal=True):
            is_saved = show_save(reader.settings, opened, text, remarks)
            name = str(said.get("name") or opened.name)
            offer_launch(reader, present_visitor(), name, text, is_saved, str(said.get("state", "")))


def _open(reader: Reader) -> Open | None:
    """The draft under the visitor's hands; a new one is named first."""
    names = drafts(reader.settings, KIND)
    wanted = st.query_params.get("campaign")
    made = st.session_state.get("compose_new")
    options = [NEW, *names, *([made] if made and made not in names else [])]
    key = "compose_chosen"
    if wanted in options and st.session_state.get("compose_seen") != wanted:
        st.session_state[key] = st.session_state["compose_seen"] = wanted
    elif wanted and wanted not in options:
        st.warning(f"There is no campaign file “{plain(wanted)}”.", icon=":material/link_off:")
    chosen = st.selectbox("Campaign", options, key=key, on_change=_keep, args=(key,)) or NEW
    try:
        if chosen == NEW:
            _name_new(reader)
            return None
        if made and chosen == made and made not in names:
            return Open.of(new_draft(reader.settings, KIND, made, st.session_state["compose_new_text"]))
        return Open.of(open_draft(reader.settings, KIND, chosen))
    except KithError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return None


def _keep(key: str) -> None:
    chosen = st.session_state[key]
    if chosen == NEW:
        st.query_params.pop("campaign", None)
    else:
        st.query_params["campaign"] = chosen
    st.session_state["compose_seen"] = chosen


def _name_new(reader: Reader) -> None:
    segments, templates = choices.segments(reader), choices.templates(reader.settings)
    with st.form("compose_new_form", border=True):
        name = st.text_input("Name", placeholder="spring_sale", help="Small letters, digits, underscores.")
        description = st.text_input(
            "What is it for?", placeholder="Who bought last spring hears of this one."
        )
        segment = st.selectbox("To", list(segments), format_func=str)
        template = st.selectbox("Template", [each.name for each in templates if each.channels])
        is_made = st.form_submit_button("Begin", type="primary", icon=":material/edit_square:")
    if not is_made:
        return
    channels = next((each.channels for each in templates if each.name == template), ())
    text = EMPTY.format(
        name=name.strip(), description=_quoted(description), segment=segment or "", template=template or "",
        launch_at=f"{_today(reader):%Y-%m-%d}T09:00", channel=next(iter(channels), "email"),
    )  # fmt: skip
    new_draft(reader.settings, KIND, name.strip(), text)
    st.session_state.update(compose_new=name.strip(), compose_new_text=text, compose_seen=name.strip())
    st.session_state.pop("compose_chosen", None)
    st.query_params["campaign"] = name.strip()
    st.session_state.pop("compose_seen")
    st.rerun()


def _quoted(text: str) -> str:
    from dashboards.canvas.writing.values import flow

    return flow(text.strip() or "What it is for.")


def _today(reader: Reader) -> date:
    return Spelling(zone=reader.settings.zone).local(reader.as_of).date()


def _show_form(reader: Reader, spelling: Spelling, opened: Open) -> str:
    said = read(opened.text)
    if said is None:
        st.warning("The file can't be read as it is: mend it under “The file”.", icon=":material/code_off:")
        return opened.text
    page, controls = Page(said), Controls(opened.prefix)
    segments, events = choices.segments(reader), choices.events(reader)
    with st.container(border=True):
        st.markdown("#### :material/group: Who and what for")
        before = str(said.get("description", "")).strip()
        page.put("description", before, controls.text("What is it for?", "description", before))
        nobody = "everybody who does it" if "when" in said else "–"
        to = controls.choice(
            "Segment", "to", said.get("to") or nobody, [*([nobody] if "when" in said else []), *segments],
            format_func=lambda name: choices.spell_size(name, segments.get(name), spelling),
        )  # fmt: skip
        page.put("to", said.get("to") or nobody, to, lambda value: value)
        if page.said.get("to") in (nobody, "–"):
            page.drop("to")
    with st.container(border=True):
        st.markdown("#### :material/schedule: When")
        show_timing(controls, page, reader.settings.zone, events, _today(reader))
    with st.container(border=True):
        st.markdown("#### :material/mail: What and how")
        show_message(controls, page, choices.templates(reader.settings), events)
    with st.container(border=True):
        st.markdown("#### :material/rule: Rules")
        show_rules(controls, page, reader.settings)
        show_goal(controls, page, events)
    return opened.keep(written(opened.text, page))


plugin = DashboardPage(
    title="Compose a campaign",
    question="What shall be said, to whom, when, and whom would it reach?",
    icon=":material/edit_square:",
    group="Engage",
    order=55,
    draw=draw,
    right=Right.EDIT_JOURNEYS,
)
