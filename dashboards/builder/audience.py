"""Whom a text would hold, by the engine of `kith segments preview` and `diff`; kept per text and run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st

from activation.segments.diff import Comparison, compare
from activation.segments.preview import Preview, Previews
from dashboards.reader import Reader
from kith.definitions import definition_files
from kith.settings import Settings

KEPT = 60


def preview_of(reader: Reader, name: str, text: str) -> Preview:
    """Size, sample, reach, overlap and weeks of a text. Raises KithError where it can't be evaluated."""
    return _preview(reader.settings, reader.run_id, _definitions(reader.settings), name, text)


def movement_of(reader: Reader, name: str, text: str) -> Comparison:
    """Who would enter and leave if the text were saved."""
    return _movement(reader.settings, reader.run_id, _definitions(reader.settings), name, text)


@st.cache_data(max_entries=KEPT, show_spinner=False)
def _preview(_settings: Settings, run_id: str, definitions: str, name: str, text: str) -> Preview:
    with _file(name, text) as path:
        return _previews(_settings, str(_settings.home)).of(path)


@st.cache_data(max_entries=4, show_spinner=False)
def _movement(_settings: Settings, run_id: str, definitions: str, name: str, text: str) -> Comparison:
    with _file(name, text) as path:
        return compare(_settings, path)


@st.cache_resource(max_entries=1, show_spinner=False)
def _previews(_settings: Settings, home: str) -> Previews:
    """Kept open: what one preview has read serves the next, of any visitor."""
    return Previews(_settings)


@contextmanager
def _file(name: str, text: str) -> Iterator[Path]:
    with TemporaryDirectory(prefix="kith-draft-") as folder:
        path = Path(folder) / f"{name}.yml"
        path.write_text(text, encoding="utf-8")
        yield path


def _definitions(settings: Settings) -> str:
    """Changes when any segment or computed attribute is edited: a text may ask for them."""
    files = [*definition_files(settings, "segments"), *definition_files(settings, "attributes")]
    return ",".join(f"{each.name}:{each.stat().st_mtime_ns}" for each in files)
