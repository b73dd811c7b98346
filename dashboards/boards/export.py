"""A dashboard to take away: one HTML file that needs nothing else, its drawings inside it."""

from __future__ import annotations

from html import escape
from typing import Any

import pandas as pd

from dashboards.answers.metrics import Told
from dashboards.board import Board, Tile, days_of
from dashboards.boards.asking import conditions_in_words
from dashboards.boards.view import tell_tile, title_of
from dashboards.charts import PALETTE
from dashboards.formatting import Spelling, spell_name
from dashboards.metric_charts import MOST_SERIES, is_share, spell_metric, tidy
from dashboards.reader import Reader
from kith.errors import KithError
from kith.metrics.catalogue import Metric

MOST_ROWS = 60
WIDE, HIGH = 640, 220
_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;color:#22302f;background:#fbfaf7;max-width:1180px;margin:2rem auto}
main{display:grid;grid-template-columns:repeat(4,1fr);gap:1rem}
section{border:1px solid #e2ddd3;border-radius:9px;padding:1rem;background:#fff;overflow-x:auto}
h1{font-size:1.7rem;margin:0}h2{font-size:1rem;margin:0 0 .6rem}p.note,small{color:#5b6765;font-size:.86rem}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
td,th{padding:.25rem .6rem .25rem 0;text-align:left;border-bottom:1px solid #eee8dc}
td.n,th.n{text-align:right}strong.figure{font-size:1.6rem}
@media(prefers-color-scheme:dark){body{color:#e4e9e6;background:#121817}section{background:#1b2422;border-color:#2c3836}
td,th{border-color:#2c3836}p.note,small{color:#9aa8a5}}
"""


def board_html(reader: Reader, board: Board, spelling: Spelling) -> str:
    """The whole page; charts are drawings (SVG), each with its numbers below to be opened."""
    tiles = "".join(_tile(reader, board, tile, spelling) for tile in board.tiles)
    first, last = days_of(board.period, reader)
    days = f"{first or '…'} to {last or '…'}" if first or last else "all days"
    filters = f" · {conditions_in_words(board.filters)}" if board.filters else ""
    about = f"<p>{escape(board.description)}</p>" if board.description else ""
    source = f"Run {reader.run_id} · as of {spelling.instant(reader.as_of)} {spelling.zone}"
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(board.title)}</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{_STYLE}</style></head><body>'
        f"<h1>{escape(board.title)}</h1>{about}<p class=note>{escape(days + filters)}</p>"
        f"<main>{tiles}</main><p class=note>{escape(source)}</p></body></html>"
    )


def _tile(reader: Reader, board: Board, tile: Tile, spelling: Spelling) -> str:
    if tile.text:
        words = "".join(f"<p>{escape(part)}</p>" for part in tile.text.split("\n\n"))
        return f'<div style="grid-column:span {tile.width}">{words}</div>'
    try:
        told, _ = tell_tile(reader, board, tile)
        inside = _answer(told, tile, spelling)
        title = tile.title or title_of(told)
    except KithError as error:
        title, inside = (
            tile.title or "This tile",
            f"<p class=note>It can't be told: {escape(error.problem)}.</p>",
        )
    return f'<section style="grid-column:span {tile.width}"><h2>{escape(title)}</h2>{inside}</section>'


def _answer(told: Told, tile: Tile, spelling: Spelling) -> str:
    if told.frame.empty:
        return "<p class=note>Nothing was counted with these filters and days.</p>"
    table = _table(told, spelling)
    if tile.chart == "table" or not told.dimensions or set(told.dimensions) == {told.currency}:
        return table
    drawn = "".join(_drawing(told, metric) for metric in told.metrics)
    return f"{drawn}<details><summary>Numbers</summary>{table}</details>"


def _drawing(told: Told, metric: Metric) -> str:
    frame = tidy(told, metric)
    totals = frame.groupby("series")["amount"].sum().sort_values(ascending=False)
    kept = list(totals.index[:MOST_SERIES])
    caption = f"<small>{escape(metric.label)}</small>" if len(told.metrics) > 1 else ""
    return caption + (_lines(frame, kept, metric) if told.grain else _bars(totals.head(12), metric))


def _lines(frame: pd.DataFrame, series: list[str], metric: Metric) -> str:
    shown = frame[frame["series"].isin(series)]
    begin, end = shown["at"].min(), shown["at"].max()
    span, top = max((end - begin).total_seconds(), 1.0), max(float(shown["amount"].max()), 1e-9)
    parts, legend = [], []
    for color, name in zip(PALETTE, series, strict=False):
        own = shown[shown["series"] == name].sort_values("at")
        points = " ".join(
            f"{(at - begin).total_seconds() / span * WIDE:.1f},{HIGH - max(amount, 0) / top * HIGH:.1f}"
            for at, amount in zip(own["at"], own["amount"], strict=True)
        )
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="2.2" stroke-linecap="round"/>'
        )
        legend.append(f'<span style="color:{color}">■</span> {escape(name)}')
    told = f"{begin:%-d %b %Y} to {end:%-d %b %Y} · highest {_short(top, metric)}"
    names = f"<small>{' &nbsp; '.join(legend)}</small>" if len(series) > 1 else ""
    return _svg(HIGH, "".join(parts), metric.label) + f"{names} <small>{told}</small>"


def _bars(totals: Any, metric: Metric) -> str:
    top, parts = max(float(totals.max()), 1e-9), []
    for at, (name, amount) in enumerate(totals.items()):
        long = max(float(amount), 0) / top * WIDE * 0.55
        told = f"{escape(str(name))}: {_short(float(amount), metric)}"
        parts.append(
            f'<rect x="0" y="{at * 26}" width="{long:.1f}" height="18" rx="3" fill="{PALETTE[0]}"/>'
            f'<text x="{long + 8:.1f}" y="{at * 26 + 14}" font-size="13" fill="currentColor">{told}</text>'
        )
    return _svg(26 * len(totals), "".join(parts), metric.label)


def _svg(height: int, inside: str, label: str) -> str:
    return (
        f'<svg viewBox="0 -4 {WIDE} {height + 8}" width="100%" role="img" aria-label="{escape(label, quote=True)}">'
        f"{inside}</svg>"
    )


def _table(told: Told, spelling: Spelling) -> str:
    heads = [f"<th>{escape(spell_name(name))}</th>" for name in told.dimensions]
    heads += [f"<th class=n>{escape(metric.label)}</th>" for metric in told.metrics]
    rows = [_row(row, told, spelling) for row in told.frame.head(MOST_ROWS).to_dict("records")]
    more = (
        f"<p class=note>The first {MOST_ROWS} of {len(told.frame):,} rows.</p>"
        if len(told.frame) > MOST_ROWS
        else ""
    )
    return f"<table><thead><tr>{''.join(heads)}</tr></thead><tbody>{''.join(rows)}</tbody></table>{more}"


def _row(row: dict[Any, Any], told: Told, spelling: Spelling) -> str:
    cells = []
    for name in told.dimensions:
        value = row[name]
        cells.append(
            f"{value:%-d %b %Y}" if isinstance(value, pd.Timestamp) else "–" if pd.isna(value) else str(value)
        )
    code = row.get(told.currency) if told.currency else None
    numbers = [spell_metric(metric, row[metric.name], spelling, code) for metric in told.metrics]
    words = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
    return f"<tr>{words}{''.join(f'<td class=n>{escape(each)}</td>' for each in numbers)}</tr>"


def _short(amount: float, metric: Metric) -> str:
    return f"{amount:.1%}" if is_share(metric) else f"{amount:,.10g}" if amount < 1000 else f"{amount:,.0f}"
