"""Small tables to read rather than to sort. Every cell is escaped: names and addresses come from outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st

_STYLE = """
<style>
.kith-table {border-collapse: collapse; width: 100%; font-size: 0.95rem; font-variant-numeric: tabular-nums;}
.kith-table caption {position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);}
.kith-table th, .kith-table td {padding: 0.42rem 0.7rem 0.42rem 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid color-mix(in srgb, currentColor 13%, transparent);}
.kith-table th {font-weight: 500; font-size: 0.86rem; opacity: 0.75;}
.kith-table .number {text-align: right; padding-right: 0; padding-left: 0.7rem; white-space: nowrap;}
.kith-table small {display: block; font-size: 0.84rem; opacity: 0.72; line-height: 1.35;}
.kith-table tr.total td {font-weight: 650; border-bottom: none;}
.kith-table tr.inner td:first-child {border-bottom-color: transparent;}
</style>
"""


@dataclass(frozen=True)
class Row:
    """Cells as plain text. `note` stands small below the first cell; a total is set apart."""

    cells: Sequence[str]
    note: str = ""
    is_total: bool = False


def show_table(caption: str, header: Sequence[str], rows: Sequence[Row], numbers: int = 1) -> None:
    """A table whose last `numbers` columns are right-aligned; `caption` is for screen readers."""
    first_number = len(header) - numbers
    heads = "".join(
        f'<th scope="col"{_kind(at, first_number)}>{escape(each)}</th>' for at, each in enumerate(header)
    )
    body = "".join(_row(row, first_number) for row in rows)
    st.html(
        f'{_STYLE}<table class="kith-table"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
    )


def _row(row: Row, first_number: int) -> str:
    note = f"<small>{escape(row.note)}</small>" if row.note else ""
    cells = "".join(
        f"<td{_kind(at, first_number)}>{escape(cell)}{note if at == 0 else ''}</td>"
        for at, cell in enumerate(row.cells)
    )
    return f'<tr class="total">{cells}</tr>' if row.is_total else f"<tr>{cells}</tr>"


def _kind(at: int, first_number: int) -> str:
    return ' class="number"' if at >= first_number else ""
