"""How many people get from one step to the next, how fast, and where do they stop?"""

from __future__ import annotations

import streamlit as st

from dashboards.formatting import Spelling, plain, spell_name
from dashboards.funnels import show, vocabulary
from dashboards.funnels.answer import TABLES, Answer, ask, may_ask, published
from dashboards.funnels.builder import show_builder
from dashboards.funnels.drafting import read_funnel, saved_funnels
from dashboards.funnels.form import Form, Saved, begin, change, is_edited, open_form
from dashboards.funnels.keeping import show_keeping
from dashboards.notices import is_published, nothing, visitor_spelling
from dashboards.page import Page
from dashboards.reader import Reader
from dashboards.sources import show_source
from kith.errors import KithError
from measurement.funnels import Funnel

NEW = "__new__"


def draw(reader: Reader) -> None:
    """The chosen funnel or the one drawn up: steps, breakdown, times."""
    if not is_published(reader, *TABLES):
        return
    saved, faults = saved_funnels(reader.settings)
    for fault in faults:
        st.warning(plain(str(fault)), icon=":material/rule:")
    form = open_form(saved)
    chosen, broken_down = st.columns(2)
    with chosen:
        _choose(form, saved)
    with broken_down:
        _break_down(reader, form)
    edited = is_edited(form, saved)
    with st.expander("Steps and rules", icon=":material/tune:", expanded=edited):
        show_builder(reader, form)
    show_keeping(reader, form, saved)
    try:
        funnel = read_funnel(form.document)
    except KithError as error:
        st.warning(f"This can't be counted yet: {plain(str(error))}", icon=":material/edit:")
        return
    _show(reader, form, funnel, saved, visitor_spelling(reader))


def _show(reader: Reader, form: Form, funnel: Funnel, saved: Saved, spelling: Spelling) -> None:
    definition = saved[form.base] if form.base in saved and not is_edited(form, saved) else None
    if definition and definition.body.description:
        st.markdown(plain(definition.body.description))
    known = published(reader, definition) if definition else None
    if known is None and not may_ask(reader, funnel):
        nothing(
            "This funnel looks into properties of events, which your role doesn't see. Choose a saved one."
        )
        return
    answer = known
    if answer is None:
        with st.spinner("Counting …", show_time=True):
            answer = ask(reader, funnel)
    if answer.is_empty:
        nothing("Nobody did the first step in this time.")
        show_source(reader, *(("funnels",) if known else TABLES))
        return
    show.show_figures(answer, spelling)
    steps, values = st.columns([3, 2], gap="large")
    with steps:
        st.subheader("Step by step", anchor="steps")
        show.show_steps(answer, spelling)
    with values:
        by = vocabulary.spell_breakdown(_code(form))
        st.subheader("By " + by[:1].lower() + by[1:] if _code(form) else "Broken down", anchor="breakdown")
        show.show_breakdown(answer, spelling, by)
    path = definition.path if definition else None
    show_source(reader, *(("funnels",) if known else TABLES), definition=path)
    _show_times(reader, funnel, answer)
    st.subheader("All figures", anchor="figures")
    show.show_table(reader, answer, str(form.document.get("name") or "funnel"))


def _show_times(reader: Reader, funnel: Funnel, answer: Answer) -> None:
    """Times by person aren't published: they are asked of the events, after everything else is drawn."""
    st.subheader("Time to convert", anchor="times")
    if not may_ask(reader, funnel):
        nothing(
            "Your role doesn't see the properties that this funnel looks into, so only its figures stand here."
        )
        return
    if answer.times.empty:
        with st.spinner("Counting …", show_time=True):
            answer = ask(reader, funnel)
    show.show_times(reader, answer)
    show_source(reader, *TABLES)


def _choose(form: Form, saved: Saved) -> None:
    key = form.key("chosen")
    names = [*saved, NEW]

    def keep() -> None:
        chosen = st.session_state[key]
        begin(saved, None if chosen == NEW else chosen)

    st.selectbox(
        "Funnel",
        names,
        index=names.index(form.base) if form.base in saved else len(names) - 1,
        key=key,
        format_func=lambda name: "Draw up a new one" if name == NEW else spell_name(name),
        on_change=keep,
    )


def _code(form: Form) -> str:
    breakdown = form.document.get("breakdown")
    kind, column = next(iter(breakdown.items()), ("", "")) if isinstance(breakdown, dict) else ("", "")
    return f"{kind}:{column}" if kind else ""


def _break_down(reader: Reader, form: Form) -> None:
    key, code = form.key("breakdown"), _code(form)
    first = (form.document.get("steps") or [{}])[0]
    act = vocabulary.act_of(first)
    told = vocabulary.known_properties(reader, act) if act.startswith(("event", "type")) else []
    codes = [*vocabulary.BREAKDOWNS, *(f"property:{each}" for each in told)]
    if code not in codes:
        codes.append(code)

    def keep() -> None:
        kind, _, column = str(st.session_state[key]).partition(":")
        change(form, lambda document: document.update({"breakdown": {kind: column} if kind else None}))
        if not kind:
            change(form, lambda document: document.pop("breakdown"))

    st.selectbox(
        "Break down by", codes, index=codes.index(code), key=key, on_change=keep,
        format_func=vocabulary.spell_breakdown,
    )  # fmt: skip


plugin = Page(
    title="Funnels",
    question="How many people get from one step to the next, how fast, and where do they stop?",
    icon=":material/filter_alt:",
    group="Understand",
    order=62,
    draw=draw,
)
