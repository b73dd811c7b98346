"""A table to sort and take away, with where it comes from below it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from dashboards.asking import FRESH_SECONDS, ask
from dashboards.downloads import offer_csv
from dashboards.formatting import plain
from dashboards.reader import Reader
from dashboards.sources import show_source
from kith.errors import KithError

INSTANT = st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm")
NUMBER = st.column_config.NumberColumn(format="localized")
SHARE = st.column_config.NumberColumn(format="percent")
MOST = 2_000


def show_published(
    reader: Reader, frame: pd.DataFrame, name: str, alt: str, columns: Mapping[str, Any], *tables: str
) -> None:
    """Rows of the snapshot; a long answer is cut, with a word of how many there are."""
    st.dataframe(frame.head(MOST), hide_index=True, alt=alt, column_config=dict(columns), placeholder="–")
    if len(frame) > MOST:
        st.caption(f"The first {MOST:,} of {len(frame):,} rows; the download has more.")
    with st.container(horizontal=True, vertical_alignment="center"):
        show_source(reader, *tables)
        offer_csv(reader, frame, name)


def show_live(
    reader: Reader,
    rows: pd.DataFrame | Sequence[Mapping[str, Any]],
    words: Sequence[str],
    alt: str,
    columns: Mapping[str, Any],
) -> None:
    """Rows that a command told just now."""
    frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows))
    st.dataframe(frame.head(MOST), hide_index=True, alt=alt, column_config=dict(columns), placeholder="–")
    if len(frame) > MOST:
        st.caption(f"The first {MOST:,} of {len(frame):,} rows; the download has more.")
    with st.container(horizontal=True, vertical_alignment="center"):
        show_command(words)
        offer_csv(reader, frame, "-".join(words).replace("--", ""))


def show_command(words: Sequence[str]) -> None:
    """Which command tells what stands above."""
    st.caption(f"`kith {' '.join(words)}` · state now, at most {FRESH_SECONDS} s old", width="content")


def asked(reader: Reader, *words: str) -> list[dict[str, Any]] | None:
    """The rows that a command tells; None, and said so, where it doesn't work."""
    try:
        with st.spinner(f"Asking kith {' '.join(words[:2])} …"):
            return ask(reader.settings, *words)
    except KithError as error:
        st.warning(f"This can't be told just now: {plain(str(error))}", icon=":material/sync_problem:")
        return None


def instants(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Text of instants as instants, without a zone: the columns are told to be UTC."""
    for column in columns:
        if column in frame:
            frame[column] = pd.to_datetime(frame[column], utc=True, format="ISO8601").dt.tz_localize(None)
    return frame


def choose_part(parts: Sequence[str], parameter: str = "part") -> str:
    """One part of a page at a time, kept in the link; the others are not asked for."""
    key, wanted = f"part_{parameter}", st.query_params.get(parameter)
    if wanted in parts and key not in st.session_state:
        st.session_state[key] = wanted
    elif key not in st.session_state:
        st.session_state[key] = parts[0]
    chosen = str(st.segmented_control("Part", parts, key=key, required=True, label_visibility="collapsed"))
    if chosen != parts[0] or wanted:
        st.query_params[parameter] = chosen
    return chosen


def spell_found(told: str | None) -> str:
    """What a check found or expected, kept as JSON, in words: `{"max": 0.25}` as `max 0.25`, one value alone."""
    try:
        said = json.loads(told or "null")
    except ValueError:
        return told or ""
    if not isinstance(said, dict):
        return "" if said is None else _short(said)
    if len(said) == 1 and next(iter(said)) not in ("min", "max"):
        return _short(next(iter(said.values())))
    return ", ".join(f"{name.replace('_', ' ')} {_short(value)}" for name, value in said.items())


def _short(value: Any) -> str:
    return "–" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
