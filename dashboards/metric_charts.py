"""An answer of the metrics layer as a picture: figures, lines over time, bars, or the table that it is."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from dashboards.answers.metrics import Told
from dashboards.cards import IN_A_ROW, Card, show_cards
from dashboards.charts import PALETTE, TEAL, Layers, show_chart
from dashboards.formatting import Spelling, is_absent, spell_name
from dashboards.notices import nothing
from kith.metrics.catalogue import Metric

KINDS = {"line": "Lines", "bars": "Bars", "number": "Figures", "table": "Table"}
#: More lines or bars than these aren't told apart: the greatest are drawn, and a note says of how many.
MOST_SERIES, MOST_BARS = len(PALETTE), 20
HEIGHTS = {"small": 190, "medium": 290, "large": 430}
_RATES = ("_rate", "_share", "_change_7d", "stickiness")
_UNKNOWN = "unknown"
_LONG = {"day": "%-d %b %Y", "week": "week of %-d %b %Y", "month": "%b %Y", "quarter": "Q%q %Y", "year": "%Y"}


def is_share(metric: Metric) -> bool:
    """Whether a metric is read in per cent."""
    return metric.type in ("ratio", "derived") and metric.name.endswith(_RATES)


def spell_metric(metric: Metric, amount: Any, spelling: Spelling, currency: str | None = None) -> str:
    """One value of a metric as people write it."""
    if is_share(metric):
        return spelling.percent(None if is_absent(amount) else float(amount))
    if currency and metric.currencies:
        return spelling.money(amount, currency)
    return spelling.decimal(amount)


def show_told(told: Told, kind: str, spelling: Spelling, height: str = "medium") -> None:
    """Draw an answer. A kind that doesn't fit (lines without a period) becomes the nearest that does."""
    if told.frame.empty:
        nothing("Nothing was counted with these filters and days.")
        return
    is_one = not told.dimensions or set(told.dimensions) == {told.currency}
    if is_one and kind != "table":
        _show_figures(told, spelling)
        return
    if kind in ("table", "number"):
        show_answer(told, height)
        return
    for metric in told.metrics:
        _show_metric(told, metric, kind, HEIGHTS[height])
    if told.is_cut:
        nothing(f"The answer is longer than what is drawn here: the first {len(told.frame):,} rows.")


def show_answer(told: Told, height: str = "medium") -> None:
    """The rows as they are, shares in per cent."""
    frame, columns = told.frame.copy(), {}
    for name in told.dimensions:
        columns[name] = _dimension_column(name, told)
    for metric in told.metrics:
        form = "percent" if is_share(metric) else "localized"
        columns[metric.name] = st.column_config.NumberColumn(
            metric.label, format=form, help=metric.description
        )
    st.dataframe(
        frame,
        hide_index=True,
        alt="The answer as a table",
        column_config=columns,
        height=min(HEIGHTS[height] + 60, 38 + 35 * len(frame)),
    )


def tidy(told: Told, metric: Metric) -> pd.DataFrame:
    """`at` (with a period), `series`, `amount` of one metric; a series is one combination of the other dimensions."""
    frame = pd.DataFrame({"amount": told.frame[metric.name].astype(float)})
    period = told.dimensions[0] if told.grain else None
    if period:
        frame["at"] = pd.to_datetime(told.frame[period])
    names = [name for name in told.dimensions if name != period]
    if not (metric.currencies and told.currency) and told.currency in names and len(names) == 1:
        names = [told.currency]
    parts = told.frame[names].astype(object).where(told.frame[names].notna(), _UNKNOWN).astype(str)
    frame["series"] = parts.agg(" · ".join, axis=1) if names else metric.label
    return frame.dropna(subset=["amount"])


def _show_figures(told: Told, spelling: Spelling) -> None:
    cards = []
    for metric in told.metrics:
        for row in told.frame.head(IN_A_ROW).to_dict("records"):
            code = row.get(told.currency) if told.currency else None
            label = f"{metric.label} ({code})" if code and len(told.frame) > 1 else metric.label
            cards.append(
                Card(label, spell_metric(metric, row[metric.name], spelling, code), metric.description)
            )
    show_cards(cards)


def _show_metric(told: Told, metric: Metric, kind: str, height: int) -> None:
    frame = tidy(told, metric)
    most = MOST_SERIES if told.grain else MOST_BARS
    totals = frame.groupby("series")["amount"].sum().sort_values(ascending=False)
    kept = list(totals.index[:most])
    title = _title(told, metric, kept)
    if len(told.metrics) > 1 or len(totals) > most:
        more = f" · the {most} greatest of {len(totals):,}" if len(totals) > most else ""
        st.caption(f"**{metric.label}**{more}")
    shown = frame[frame["series"].isin(kept)]
    if told.grain:
        chart = _over_time(shown, kept, told.grain, title, metric, height, is_bars=kind == "bars")
    else:
        chart = _bars(shown, kept, title, metric)
    by = f" by {', '.join(spell_name(each).lower() for each in told.dimensions)}"
    show_chart(chart, f"{metric.label}{by}: {len(shown)} values")


def _over_time(
    frame: pd.DataFrame, series: list[str], grain: str, title: str, metric: Metric, height: int, is_bars: bool
) -> alt.Chart:
    base = alt.Chart(frame, height=height)
    color = (
        alt.Color("series:N", title=None, sort=series, legend=alt.Legend(orient="top", labelLimit=180))
        if len(series) > 1
        else alt.value(TEAL)
    )
    marked = (
        base.mark_bar(cornerRadiusTopLeft=2, cornerRadiusTopRight=2, width=_bar_width(frame, series))
        if is_bars
        else base.mark_line(strokeWidth=2.2, point={"size": 26} if len(frame) <= 120 else False)
    )
    few = frame["at"].nunique() <= 60
    x = alt.X("at:O" if is_bars and few else "at:T", title=None, axis=_time_axis(is_bars and few))
    if is_bars and few:
        x = alt.X("yearmonthdate(at):O", title=None, axis=_time_axis(True))
    chart = marked.encode(
        x=x,
        y=alt.Y("amount:Q", title=title, stack=None, axis=_amount_axis(metric)),
        color=color,
        tooltip=_tooltips(metric, grain),
    )
    return (
        chart.encode(xOffset=alt.XOffset("series:N", sort=series)) if is_bars and len(series) > 1 else chart
    )


def _bar_width(frame: pd.DataFrame, series: list[str]) -> Any:
    """A part of the room that a bar has: a few bars alone would be walls."""
    few = min(1.0, frame["at"].nunique() / 8) if len(series) == 1 else 1.0
    return alt.RelativeBandSize(band=max(0.9 * few, 0.12))


def _bars(frame: pd.DataFrame, series: list[str], title: str, metric: Metric) -> Layers:
    base = alt.Chart(frame, height=alt.Step(28)).encode(
        y=alt.Y(
            "series:N", sort=series, title=None, axis=alt.Axis(labelLimit=200, domain=False, ticks=False)
        ),
        x=alt.X("amount:Q", title=title, axis=_amount_axis(metric)),
        tooltip=_tooltips(metric, ""),
    )
    return alt.layer(base.mark_bar(cornerRadius=3, color=TEAL))


def _time_axis(is_discrete: bool) -> alt.Axis:
    plain: dict[str, Any] = {"grid": False, "domain": False, "ticks": False, "labelPadding": 8}
    if is_discrete:
        return alt.Axis(format="%-d %b", labelAngle=0, labelOverlap=True, **plain)
    return alt.Axis(format="%-d %b", labelOverlap=True, **plain)


def _amount_axis(metric: Metric) -> alt.Axis:
    return alt.Axis(format="%" if is_share(metric) else "~s", domain=False, ticks=False)


def _tooltips(metric: Metric, grain: str) -> list[alt.Tooltip]:
    amount = alt.Tooltip("amount:Q", title=metric.label, format=".1%" if is_share(metric) else ",.2~f")
    when = [alt.Tooltip("at:T", title=grain.capitalize(), format=_LONG[grain])] if grain else []
    return [*when, alt.Tooltip("series:N", title="Of"), amount]


def _title(told: Told, metric: Metric, series: list[str]) -> str:
    if not metric.currencies or not told.currency or is_share(metric):
        return metric.label
    codes = told.frame[told.currency].dropna().unique()
    return f"{metric.label} ({codes[0]})" if len(codes) == 1 else f"{metric.label} (own currency)"


def _dimension_column(name: str, told: Told) -> Any:
    if told.grain and name == told.dimensions[0]:
        return st.column_config.DateColumn(spell_name(name), format="D MMM YYYY")
    return st.column_config.TextColumn(spell_name(name))
