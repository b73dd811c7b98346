"""The frame around every page: navigation, freshness, and a calm answer to whatever is not there yet."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import duckdb
import streamlit as st

from dashboards.frame.freshness import await_first_run, show_freshness
from dashboards.notices import no_run_yet, snapshot_unreadable
from dashboards.page import Page
from dashboards.reader import open_reader
from kith.errors import KithError
from kith.registry import plugins
from kith.settings import Settings

ICONS = Path(__file__).parent


def open_dashboards(settings: Settings) -> None:
    """Draw the page that the visitor asked for."""
    # Icons are files of ours: Streamlit would fetch a `:material/…:` page icon from a host of its own.
    st.set_page_config(page_title="Kith", page_icon=str(ICONS / "icon.svg"), layout="wide")
    st.logo(str(ICONS / "logo.svg"), icon_image=str(ICONS / "icon.svg"), size="large")
    pages = plugins("dashboards.pages", Page)
    st.navigation(_menu(pages, settings)).run()


def draw_page(page: Page, settings: Settings) -> None:
    """One page on the present snapshot; a missing or vanished snapshot gives a notice, not an exception."""
    st.title(page.title, anchor=False)
    st.caption(page.question)
    try:
        reader = open_reader(settings)
        if reader is None:
            no_run_yet()
            await_first_run(settings)
            return
        show_freshness(reader)
        page.draw(reader)
    except (KithError, duckdb.IOException) as error:
        snapshot_unreadable(error)


def _menu(pages: dict[str, Page], settings: Settings) -> dict[str, list[st.Page]]:
    ordered = sorted(pages.items(), key=lambda item: item[1].order)
    entries = {name: _entry(name, page, settings, page is ordered[0][1]) for name, page in ordered}
    groups: dict[str, list[st.Page]] = {}
    for name, page in ordered:
        groups.setdefault(page.group, []).append(entries[name])
    return groups


def _entry(name: str, page: Page, settings: Settings, is_first: bool) -> st.Page:
    draw = partial(draw_page, page, settings)
    return st.Page(draw, title=page.title, icon=page.icon, url_path=name, default=is_first)
