"""Where a number comes from: its tables, the run, how fresh that is, and what defines it. One calm line."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboards import kpis
from dashboards.formatting import Spelling
from dashboards.frame.freshness import spell_freshness
from dashboards.reader import Reader

#: A definition that is longer than this is cut where it is peeked at; the file is named beside it.
MOST_SHOWN = 20_000


def show_source(
    reader: Reader, *tables: str, definition: Path | str | None = None, metric: str | None = None
) -> None:
    """Tell the published `tables` behind what stands above, their run and age.

    `definition` is the YAML file that decides it (absolute, or below the folder of definitions), `metric` the name of
    a metric: either can be opened from the line.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(spell_source(reader, *tables), width="content")
        if definition is not None:
            _peek_definition(reader, Path(definition))
        if metric is not None:
            _peek_metric(reader, metric)


def spell_source(reader: Reader, *tables: str) -> str:
    """The same as Markdown, for a `help=` or a caption of one's own."""
    named = ", ".join(f"`{table}`" for table in tables)
    told = f"{'Tables' if len(tables) > 1 else 'Table'} {named} · " if tables else ""
    at = Spelling(zone=reader.settings.zone).instant(reader.as_of)
    return f"{told}run `{reader.run_id}` · as of {at} · {spell_freshness(reader)}"


def _peek_definition(reader: Reader, definition: Path) -> None:
    path = definition if definition.is_absolute() else reader.settings.definitions / definition
    with st.popover("Definition", icon=":material/description:", type="tertiary"):
        st.caption(f"`{_place(reader, path)}`")
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            st.caption(":material/info: The file can't be read: it was moved, deleted or is no text.")
            return
        st.code(text[:MOST_SHOWN], language="yaml" if path.suffix in (".yml", ".yaml") else "sql")


def _place(reader: Reader, path: Path) -> str:
    root = reader.settings.definitions
    return str(path.relative_to(root.parent)) if path.is_relative_to(root.parent) else path.name


def _peek_metric(reader: Reader, metric: str) -> None:
    with st.popover("Definition", icon=":material/function:", type="tertiary"):
        st.markdown(kpis.describe(reader, metric))
        st.code(f"kith metrics query {metric}", language="bash")
