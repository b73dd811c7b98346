"""What a page says when there is nothing to draw: why, and the way out."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import duckdb
import streamlit as st

from dashboards.damage import DamagedTable
from dashboards.formatting import Spelling
from dashboards.reader import Reader
from kith.errors import KithError

P = ParamSpec("P")


def no_run_yet() -> None:
    """Before the first run."""
    with st.container(border=True):
        st.markdown("#### :material/hourglass_empty: No run yet")
        st.markdown(
            "Kith has not published any data so far. Run `make demo` for a shop to play with, or import "
            "your own events and run `kith run`. This page fills itself in as soon as a run has finished."
        )


def session_over() -> None:
    """Signed out elsewhere, or too long without a click, while the page stood open."""
    with st.container(border=True):
        st.markdown("#### :material/lock: Please sign in again")
        st.markdown(
            "Your session is over. Nothing was lost: reload the page to sign in, and you are back where you were."
        )


def calm(draw: Callable[P, None]) -> Callable[P, None]:
    """Draws a part of a page; where the snapshot can't be read, that is said instead of an exception shown."""

    @wraps(draw)
    def drawn(*given: P.args, **named: P.kwargs) -> None:
        try:
            draw(*given, **named)
        except (KithError, duckdb.IOException) as error:
            snapshot_unreadable(error)

    return drawn


def snapshot_unreadable(error: Exception) -> None:
    """The pointer leads to a snapshot that can't be read."""
    if isinstance(error, DamagedTable):
        _table_damaged(error)
        return
    st.warning(
        f"The published data can't be read just now ({error}). Reload the page in a moment; if it stays so, "
        "`kith doctor` says what is wrong and `kith run` publishes afresh.",
        icon=":material/sync_problem:",
    )


def _table_damaged(error: DamagedTable) -> None:
    with st.container(border=True):
        st.markdown(f"#### :material/broken_image: Table `{error.table}` can't be read")
        st.markdown(
            f"Its file in the published snapshot of run `{error.run_id}` is cut off or damaged. Nothing else is lost: "
            "`kith run` publishes every table afresh, and this page fills itself in when the run has finished."
        )


def is_published(reader: Reader, *tables: str) -> bool:
    """Whether the run published all of these tables; if not, says which are missing."""
    missing = reader.missing(*tables)
    if missing:
        names = ", ".join(f"`{table}`" for table in missing)
        st.info(
            f"Run `{reader.run_id}` published no table {names}. Run `kith run` in full, without `--select`, "
            "to fill this part in.",
            icon=":material/table_view:",
        )
    return not missing


def nothing(sentence: str) -> None:
    """A part that is empty for a good reason."""
    st.caption(f":material/info: {sentence}")


def visitor_spelling(reader: Reader) -> Spelling:
    """How the visitor's browser writes numbers."""
    return Spelling(st.context.locale or "en", reader.settings.zone)
