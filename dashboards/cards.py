"""Key figures: a number, where it comes from, and how it moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

IN_A_ROW = 4


@dataclass(frozen=True)
class Card:
    """`source` says which table the number comes from and what it counts; `spark` is its daily course."""

    label: str
    text: str
    source: str
    note: str | None = None
    delta: str | None = None
    spark: Sequence[float] = ()


def show_cards(cards: Sequence[Card]) -> None:
    """Cards in rows of four, of equal height."""
    for start in range(0, len(cards), IN_A_ROW):
        row = cards[start : start + IN_A_ROW]
        for column, card in zip(st.columns(IN_A_ROW), row, strict=False):
            with column:
                _show(card)


def _show(card: Card) -> None:
    st.metric(
        card.label,
        card.text,
        delta=card.delta or card.note,
        delta_color="normal" if card.delta else "off",
        delta_arrow="auto" if card.delta else "off",
        delta_description=card.note if card.delta else None,
        help=card.source,
        border=True,
        height="stretch",
        chart_data=list(card.spark) or None,
        chart_type="area",
    )


def spell_change(recent: float, earlier: float, days: int) -> tuple[str | None, str | None]:
    """The change against the days before as `delta` and `note`; none where nothing was before."""
    if not earlier:
        return None, None
    return f"{(recent - earlier) / earlier:+.0%}", f"against {days} days before"
