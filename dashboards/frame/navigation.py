"""The frame around every page: navigation, freshness, and a calm answer to whatever is not there yet."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import streamlit as st

from dashboards.frame.freshness import await_first_run, show_freshness
from dashboards.frame.style import show_style
from dashboards.masking import is_masked
from dashboards.notices import calm, no_run_yet, session_over
from dashboards.page import GROUPS, Page
from dashboards.reader import open_reader
from dashboards.sign_in.present import draw_for, identify_visitor, show_visitor
from dashboards.sign_in.visitors import EVERYBODY
from kith.accounts import Visitor
from kith.registry import plugins
from kith.settings import Settings

ICONS = Path(__file__).parent


def open_dashboards(settings: Settings) -> None:
    """Draw the page that the visitor asked for, among those that their role opens."""
    # Icons are files of ours: Streamlit would fetch a `:material/…:` page icon from a host of its own.
    st.set_page_config(page_title="Kith", page_icon=str(ICONS / "icon.svg"), layout="wide")
    st.logo(str(ICONS / "logo.svg"), icon_image=str(ICONS / "icon.svg"), size="large")
    show_style()
    visitor = identify_visitor(settings)
    if visitor is None:
        session_over()
        return
    open_to = {
        name: page
        for name, page in plugins("dashboards.pages", Page).items()
        if page.right is None or visitor.may(page.right)
    }
    st.navigation(_menu(open_to, settings, visitor), expanded=True).run()


def draw_page(page: Page, settings: Settings, visitor: Visitor = EVERYBODY) -> None:
    """One page on the present snapshot; a missing or vanished snapshot gives a notice, not an exception."""
    draw_for(visitor)
    st.title(page.title, anchor=False)
    st.caption(page.question)
    _draw_on_snapshot(page, settings, visitor)


@calm
def _draw_on_snapshot(page: Page, settings: Settings, visitor: Visitor) -> None:
    reader = open_reader(settings, is_masked=is_masked(visitor))
    if reader is None:
        no_run_yet()
        await_first_run(settings)
        return
    show_freshness(reader)
    show_visitor(visitor, settings)
    page.draw(reader)


def _menu(pages: dict[str, Page], settings: Settings, visitor: Visitor) -> dict[str, list[st.Page]]:
    ordered = sorted(pages.items(), key=lambda item: item[1].order)
    entries = {name: _entry(name, page, settings, visitor, page is ordered[0][1]) for name, page in ordered}
    groups: dict[str, list[st.Page]] = {group: [] for group in GROUPS}
    for name, page in ordered:
        groups[page.group].append(entries[name])
    return {group: inside for group, inside in groups.items() if inside}


def _entry(name: str, page: Page, settings: Settings, visitor: Visitor, is_first: bool) -> st.Page:
    draw = partial(draw_page, page, settings, visitor)
    return st.Page(draw, title=page.title, icon=page.icon, url_path=name, default=is_first)
