"""The funnel that a visitor works on: kept while the page is open, and in the link once it differs from its file."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass

import streamlit as st

from dashboards.formatting import plain
from dashboards.funnels.drafting import BLANK, LONGEST_LINK, Document, pack, unpack
from kith.definitions import Definition
from kith.errors import KithError
from measurement.funnels import Funnel

_KEY = "funnel_form"
FUNNEL, DRAFT = "funnel", "draft"
Saved = dict[str, Definition[Funnel]]


@dataclass
class Form:
    """`base` is the saved funnel it began with (None: a new one), `generation` grows when widgets have to forget."""

    base: str | None
    document: Document
    generation: int = 0
    packed: str = ""

    def key(self, *parts: object) -> str:
        """The key of a widget of this generation."""
        return "_".join(map(str, ("funnel", self.generation, *parts)))


def open_form(saved: Saved) -> Form:
    """The form of this visitor, begun anew where the link leads to another funnel."""
    form: Form | None = st.session_state.get(_KEY)
    named, drafted = st.query_params.get(FUNNEL), st.query_params.get(DRAFT, "")
    if form is None or form.packed != drafted or (named or form.base) != form.base:
        form = _from_link(saved, named, drafted, generation=form.generation + 1 if form else 0)
        st.session_state[_KEY] = form
    return form


def _from_link(saved: Saved, named: str | None, drafted: str, generation: int) -> Form:
    base = named if named in saved else None
    if named and base is None:
        st.warning(
            f"There is no funnel named “{plain(named)}”. Choose one below.", icon=":material/link_off:"
        )
    if drafted:
        try:
            return Form(base, unpack(drafted), generation, drafted)
        except KithError as error:
            st.warning(str(error), icon=":material/link_off:")
            del st.query_params[DRAFT]
    if base is None and saved:
        base = next(iter(saved))
    return Form(base, document_of(saved, base), generation)


def document_of(saved: Saved, name: str | None) -> Document:
    """What a form begins with."""
    return deepcopy(saved[name].document) if name in saved else deepcopy(BLANK)


def begin(saved: Saved, name: str | None) -> None:
    """Put a saved funnel (None: a blank one) into the form and the link."""
    form: Form | None = st.session_state.get(_KEY)
    generation = form.generation + 1 if form else 0
    begun = Form(name, document_of(saved, name), generation)
    st.session_state[_KEY] = begun
    if name:
        st.query_params[FUNNEL] = name
        st.query_params.pop(DRAFT, None)
    else:
        st.query_params.pop(FUNNEL, None)
        _keep(begun)


def change(form: Form, edit: Callable[[Document], None], *, is_structural: bool = False) -> None:
    """Apply an edit and keep it in the link."""
    edit(form.document)
    for step in form.document.get("steps", ()):
        if not step.get("where"):
            step.pop("where", None)
    if is_structural:
        form.generation += 1
    _keep(form)


def _keep(form: Form) -> None:
    packed = pack(form.document)
    form.packed = packed if len(packed) <= LONGEST_LINK else ""
    if form.packed:
        st.query_params[DRAFT] = form.packed
    else:
        st.query_params.pop(DRAFT, None)


def is_edited(form: Form, saved: Saved) -> bool:
    """Whether the form says something else than its file."""
    return form.base not in saved or form.document != saved[form.base].document
