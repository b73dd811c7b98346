"""Why these identifiers are one person: each pair that events named together, drawn and listed."""

from __future__ import annotations

import streamlit as st

from dashboards.answers import person_history as answers
from dashboards.formatting import Spelling, plain, spell_name
from dashboards.notices import nothing
from dashboards.reader import Reader
from dashboards.tables import Row, show_table
from identity.joined import Pair, joined_pairs
from kith.errors import KithError

HIDDEN = "•••"
MOST_DRAWN = 40
Shown = tuple[str, str]


def show_identity(reader: Reader, spelling: Spelling, person: str) -> None:
    """A small graph of identifiers, the evidence of each pair, and what is kept apart."""
    try:
        pairs = joined_pairs(reader.settings, person)
    except KithError as error:
        nothing(f"How identifiers were joined can't be told here: {plain(error.problem)}.")
        return
    if not pairs:
        nothing("One identifier alone: nothing had to be joined.")
    else:
        st.markdown(
            "Two identifiers are one person where an event bore both. The number on a line is how many did."
        )
        st.graphviz_chart(_graph(reader, pairs), width="content")
        rows = [_row(reader, each, spelling) for each in pairs]
        show_table(
            "Pairs of identifiers and their evidence", ("Identifier", "Seen together with", "Events"), rows
        )
        st.caption("From the identity room's evidence (`kith identity explain A B` tells each way in full).")
    if not reader.missing("identity_conflicts"):
        _show_conflicts(reader, person)


def _row(reader: Reader, pair: Pair, spelling: Spelling) -> Row:
    left, right = (": ".join(_shown(reader, each)) for each in (pair.left, pair.right))
    return Row(
        (left, right, spelling.number(pair.edge_count)), f"first {spelling.instant(pair.first_received_at)}"
    )


def _show_conflicts(reader: Reader, person: str) -> None:
    rows = answers.conflicts_of(reader, person)
    if not rows:
        return
    st.markdown("#### Kept apart")
    for row in rows:
        left, right = (
            f"{spell_name(row[f'{end}_type'])} {plain(row[f'{end}_value'])}" for end in ("left", "right")
        )
        st.markdown(f"{left} and {right}: {plain(row['reason'])} :gray[{plain(row['rule'] or '')}]")


def _shown(reader: Reader, key: Shown) -> Shown:
    """Kind and value; of addresses and numbers a masked visitor sees the kind alone."""
    kind, value = key
    is_hidden = reader.is_masked and (kind not in ("user_id", "anonymous_id") or "@" in value)
    return spell_name(kind), HIDDEN if is_hidden else value


def _graph(reader: Reader, pairs: list[Pair]) -> str:
    """In Graphviz's language; the most seen pairs where there are many."""
    drawn = sorted(pairs, key=lambda each: -each.edge_count)[:MOST_DRAWN]
    keys = list(dict.fromkeys(key for each in drawn for key in (each.left, each.right)))
    lines = [f"n{number} [label={_quoted(_shown(reader, key))}]" for number, key in enumerate(keys)]
    lines += [
        f'n{keys.index(each.left)} -- n{keys.index(each.right)} [label="{each.edge_count:,}"]'
        for each in drawn
    ]
    style = (
        'graph [bgcolor="transparent" rankdir=LR margin=0]'
        ' node [shape=box style="rounded,filled" fillcolor="#16948422" color="#169484" fontname="sans-serif"'
        ' fontsize=11 fontcolor="#85929A"] edge [color="#85929A" fontname="sans-serif" fontsize=10 fontcolor="#85929A"]'
    )
    return "graph {" + style + "; " + "; ".join(lines) + "}"


def _quoted(shown: Shown) -> str:
    kind, value = (each.replace("\\", "\\\\").replace('"', '\\"') for each in shown)
    short = value if len(value) <= 28 else f"{value[:25]}…"
    return f'"{kind}\\n{short}"'
