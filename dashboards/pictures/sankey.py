"""Ways through places as bands: as wide as the number that went there. Altair has no such chart, so bands are areas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import cos, pi

import altair as alt
import pandas as pd

from dashboards.charts import PALETTE, SLATE, Layers

HEIGHT = 470
#: Share of the height that is left between the nodes of a column.
GAPS = 0.22
NODE, POINTS = 0.035, 16


@dataclass(frozen=True)
class Band:
    """So many went from a place of one column to a place of the next."""

    column: int
    source: str
    target: str
    count: float


@dataclass(frozen=True)
class Node:
    """A place in a column: from `low` to `high` of 0–1, top to bottom."""

    column: int
    name: str
    count: float
    low: float
    high: float


def sankey(
    bands: Sequence[Band],
    columns: Sequence[str],
    unit: str,
    last: Sequence[str] = (),
    *,
    is_dark: bool = False,
) -> Layers:
    """Columns from left to right; names in `last` stand at the bottom and are grey. Names lie on bands of many colours,
    so they need the page's own ink."""
    nodes = place_nodes(bands, last)
    colors = _colors(nodes, last)
    areas = alt.Chart(pd.DataFrame(_band_points(bands, nodes)), height=HEIGHT)
    x = alt.X("x:Q", scale=alt.Scale(domain=[0, len(columns) - 1 + NODE + 0.62], nice=False), axis=None)
    y = alt.Y("low:Q", scale=alt.Scale(domain=[1, 0], nice=False), axis=None)
    shade = alt.Color(
        "source:N", scale=alt.Scale(domain=list(colors), range=list(colors.values())), legend=None
    )
    drawn = areas.mark_area(opacity=0.34, interpolate="monotone").encode(
        x=x, y=y, y2="high:Q", detail="band:N", color=shade,
        tooltip=[
            alt.Tooltip("source:N", title="From"),
            alt.Tooltip("target:N", title="To"),
            alt.Tooltip("count:Q", title=unit, format=","),
            alt.Tooltip("share:Q", title="Of those at the first place", format=".1%"),
        ],
    )  # fmt: skip
    boxes = alt.Chart(pd.DataFrame([_box(each) for each in nodes.values()]), height=HEIGHT)
    places = boxes.mark_rect(cornerRadius=2, opacity=0.95).encode(
        x=x, x2="right:Q", y=y, y2="high:Q",
        color=alt.Color("name:N", scale=alt.Scale(domain=list(colors), range=list(colors.values())), legend=None),
        tooltip=[alt.Tooltip("name:N", title="Place"), alt.Tooltip("count:Q", title=unit, format=",")],
    )  # fmt: skip
    named = boxes.transform_filter(alt.datum.size > 0.018)
    texts = named.mark_text(align="left", baseline="middle", dx=5, fontSize=11.5, limit=180).encode(
        x=alt.X("right:Q", scale=x["scale"], axis=None), y=alt.Y("middle:Q", scale=y["scale"], axis=None),
        text="label:N", color=alt.value("#E4E9E6" if is_dark else "#22302F"),
    )  # fmt: skip
    return alt.layer(drawn, places, texts)


def place_nodes(bands: Sequence[Band], last: Sequence[str] = ()) -> dict[tuple[int, str], Node]:
    """Each column's places, the largest on top; all columns on one scale, so that widths compare."""
    counts: dict[tuple[int, str], float] = {}
    for band in bands:
        counts[band.column, band.source] = 0.0
        counts[band.column + 1, band.target] = 0.0
    for column, name in counts:
        out = sum(band.count for band in bands if (band.column, band.source) == (column, name))
        into = sum(band.count for band in bands if (band.column + 1, band.target) == (column, name))
        counts[column, name] = max(out, into)
    columns = sorted({column for column, _ in counts})
    totals = {each: sum(count for (column, _), count in counts.items() if column == each) for each in columns}
    scale = (1 - GAPS) / max([*totals.values(), 1.0])
    found: dict[tuple[int, str], Node] = {}
    for column in columns:
        inside = [(name, count) for (place, name), count in counts.items() if place == column]
        inside.sort(key=lambda each: (each[0] in last, -each[1], each[0]))
        gap = GAPS / max(len(inside) - 1, 1) if len(inside) > 1 else 0.0
        gap, at = min(gap, 0.045), 0.0
        for name, count in inside:
            found[column, name] = Node(column, name, count, at, at + count * scale)
            at += count * scale + gap
    return found


def _band_points(bands: Sequence[Band], nodes: Mapping[tuple[int, str], Node]) -> list[dict[str, object]]:
    """Each band as points of its upper and lower edge, eased from one column to the next."""
    scale = _scale(nodes)
    whole = (
        sum(node.count for (column, _), node in nodes.items() if column == min(key[0] for key in nodes)) or 1
    )
    out: dict[tuple[int, str], float] = {key: node.low for key, node in nodes.items()}
    into = dict(out)
    ordered = sorted(
        bands,
        key=lambda band: (
            band.column,
            nodes[band.column, band.source].low,
            nodes[band.column + 1, band.target].low,
        ),
    )
    leaves, arrives = {}, {}
    for band in ordered:
        leaves[band] = out[band.column, band.source]
        out[band.column, band.source] += band.count * scale
    for band in sorted(ordered, key=lambda band: (nodes[band.column + 1, band.target].low,
                                                  nodes[band.column, band.source].low)):  # fmt: skip
        arrives[band] = into[band.column + 1, band.target]
        into[band.column + 1, band.target] += band.count * scale
    points: list[dict[str, object]] = []
    for number, band in enumerate(ordered):
        for place in range(POINTS + 1):
            along = place / POINTS
            eased = (1 - cos(pi * along)) / 2
            low = leaves[band] + (arrives[band] - leaves[band]) * eased
            points.append(
                {
                    "band": number, "source": band.source, "target": band.target, "count": band.count,
                    "share": band.count / whole, "x": band.column + NODE + (1 - NODE) * along,
                    "low": low, "high": low + band.count * scale,
                }
            )  # fmt: skip
    return points


def _scale(nodes: Mapping[tuple[int, str], Node]) -> float:
    return next(((node.high - node.low) / node.count for node in nodes.values() if node.count), 0.0)


def _box(node: Node) -> dict[str, object]:
    return {
        "x": float(node.column), "right": node.column + NODE, "low": node.low, "high": node.high,
        "middle": (node.low + node.high) / 2, "name": node.name, "count": node.count,
        "size": node.high - node.low, "label": f"{node.name} · {node.count:,.0f}",
    }  # fmt: skip


def _colors(nodes: Mapping[tuple[int, str], Node], last: Sequence[str]) -> dict[str, str]:
    """A colour a name, the same in all columns; what is collapsed or over is grey."""
    sizes: dict[str, float] = {}
    for node in nodes.values():
        sizes[node.name] = sizes.get(node.name, 0.0) + node.count
    names = sorted(sizes, key=lambda name: (-sizes[name], name))
    bright = [color for color in PALETTE if color != SLATE]
    colors, place = {}, 0
    for name in names:
        if name in last:
            colors[name] = SLATE
        else:
            colors[name] = bright[place % len(bright)]
            place += 1
    return colors
