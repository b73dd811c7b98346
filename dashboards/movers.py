"""What changed, and why: a figure against the days before, and what each part added to the change."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from dashboards import charts
from dashboards.answers import movers as answers
from dashboards.answers.metrics import catalogue_of, last_days
from dashboards.choice import choose
from dashboards.downloads import offer_csv
from dashboards.formatting import NONE, Spelling, plain
from dashboards.metric_charts import is_share
from dashboards.notices import calm, nothing
from dashboards.reader import Reader
from dashboards.sources import show_source
from kith.errors import KithError
from kith.metrics.catalogue import Metric

DAYS = {"7": "7 days", "28": "28 days", "90": "90 days"}
MOST_PARTS = 8
OTHERS = "All others"


def show_movers(reader: Reader, spelling: Spelling) -> None:
    """The section; a run without metrics has none."""
    st.subheader("What changed, and why", anchor="movers")
    try:
        labels = {each.name: each for each in catalogue_of(reader).metrics}
    except KithError as error:
        nothing(
            f"{error.problem[:1].upper()}{error.problem[1:]}. `kith run` publishes metrics with the next run."
        )
        return
    _show(reader, spelling, labels)


def _tell_missing(error: KithError) -> None:
    nothing(f"This can't be told of the present run: {error.problem.splitlines()[0]}")


@st.fragment
@calm
def _show(reader: Reader, spelling: Spelling, known: dict[str, Metric]) -> None:
    figure, split, days = _choose(reader, known)
    segment = _segment(reader) if split == answers.SEGMENT else ""
    try:
        codes = answers.currencies(reader, figure)
        change = answers.change_by(reader, figure, split, days, codes[0] if codes else "", segment)
    except KithError as error:
        nothing(f"This can't be told of the present run: {error.problem.splitlines()[0]}")
        return
    if not change.parts or change.amount is None:
        nothing("There is nothing to compare: one of the two times has none.")
        return
    metric = known[figure.metric]
    tell = _Spoken(metric, codes[0] if codes else "", spelling)
    st.markdown(_sentence(change, tell, days))
    frame = parts_frame(change)
    told = f"What each part added to the change of {metric.label}"
    charts.show_chart(contribution_bars(frame, tell.unit, is_share(metric)), told)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        offer_csv(reader, frame, f"change-{figure.metric}-{split}")
        first, last = last_days(reader, days)
        before = answers.period_before(first, days)
        st.caption(f"{first} to {last} against {before[0]} to {before[1]}, days of UTC", width="content")
    show_source(reader, metric=figure.metric)


def _choose(reader: Reader, known: dict[str, Metric]) -> tuple[answers.Figure, str, int]:
    figures = {name: each for name, each in answers.FIGURES.items() if name in known}
    figure_at, split_at, days_at = st.columns(3)
    with figure_at:
        name = choose("Figure", "figure", list(figures), spell=lambda each: known[each].label)
    figure = figures[name or next(iter(figures))]
    with split_at:
        splits = answers.splits_of(reader, figure)
        _let_go("split", splits)
        split = choose("Split by", "split", splits) or splits[0]
    with days_at:
        days = choose("Against as many days before", "span", list(DAYS), spell=lambda each: DAYS[each])
    return figure, split, int(days or 7)


class _Spoken:
    """How one figure and its changes are spelled."""

    def __init__(self, metric: Metric, currency: str, spelling: Spelling) -> None:
        self._spelling, self._currency, self.label = spelling, currency, metric.label
        self._is_share = is_share(metric)
        self.unit = f"{metric.label} ({currency})" if currency else metric.label
        if self._is_share:
            self.unit = f"{metric.label} (percentage points)"

    def amount(self, value: float | None) -> str:
        if value is None:
            return NONE
        if self._is_share:
            return self._spelling.percent(value)
        return (
            self._spelling.money(value, self._currency) if self._currency else self._spelling.decimal(value)
        )

    def change(self, value: float) -> str:
        if self._is_share:
            return self._spelling.points(value, 2)
        sign = "+" if value > 0 else "−" if value < 0 else "±"
        return f"{sign}{self.amount(abs(value))}"


def parts_frame(change: answers.Change, most: int = MOST_PARTS) -> pd.DataFrame:
    """`part, before, after, contribution`; what is beyond the greatest is one line, so that the column adds up."""
    rows: list[dict[str, Any]] = [
        {"part": part.name, "before": part.before, "after": part.after, "contribution": part.contribution}
        for part in change.parts
    ]
    if len(rows) > most:
        rest = sum(row["contribution"] for row in rows[most:])
        rows = [*rows[:most], {"part": OTHERS, "before": None, "after": None, "contribution": rest}]
    return pd.DataFrame(rows)


def contribution_bars(frame: pd.DataFrame, unit: str, is_rate: bool) -> charts.Layers:
    """Bars to the right for what added, to the left for what took away; told apart by place, colour and sign."""
    shown = frame.assign(amount=frame["contribution"] * (100 if is_rate else 1))
    base = alt.Chart(shown, height=alt.Step(28)).encode(
        y=alt.Y("part:N", sort=None, title=None, axis=alt.Axis(labelLimit=200, domain=False, ticks=False)),
        x=alt.X(
            "amount:Q",
            title=f"Change of {unit}",
            axis=alt.Axis(format="+~s" if not is_rate else "+.2~f", tickCount=8),
        ),
        tooltip=[
            alt.Tooltip("part:N", title="Part"),
            alt.Tooltip("amount:Q", title="Added to the change", format="+,.2~f"),
            alt.Tooltip("before:Q", title="Before", format=",.4~f"),
            alt.Tooltip("after:Q", title="After", format=",.4~f"),
        ],
    )
    color = alt.when(alt.datum.amount < 0).then(alt.value(charts.ROSE)).otherwise(alt.value(charts.TEAL))
    zero = alt.Chart(pd.DataFrame({"zero": [0.0]})).mark_rule(color=charts.SLATE).encode(x="zero:Q")
    return alt.layer(base.mark_bar(cornerRadius=3).encode(color=color), zero)


def _sentence(change: answers.Change, tell: _Spoken, days: int) -> str:
    amount = change.amount or 0.0
    verb = "rose" if amount > 0 else "fell" if amount < 0 else "stayed"
    share = f" ({amount / change.before:+.0%})" if change.before else ""
    head = f"**{tell.label}** {verb} from {tell.amount(change.before)} to {tell.amount(change.after)}"
    if not amount:
        return f"**{tell.label}** stayed at {tell.amount(change.after)}."
    with_it = [part for part in change.parts if part.contribution * amount > 0][:3]
    against = [part for part in change.parts if part.contribution * amount < 0][:2]
    named = ", ".join(f"{plain(part.name)} {tell.change(part.contribution)}" for part in with_it)
    other = ", ".join(f"{plain(part.name)} {tell.change(part.contribution)}" for part in against)
    tail = f" Against it: {other}." if other else ""
    return f"{head}{share} over {days} days: {named}.{tail}".replace("$", r"\$")


def _let_go(parameter: str, names: list[str]) -> None:
    """Another figure may not know the split that was chosen: that is no fault of the visitor's."""
    if st.query_params.get(parameter) not in (None, *names):
        del st.query_params[parameter]
        st.session_state.pop(f"chosen_{parameter}", None)


def _segment(reader: Reader) -> str:
    rows = reader.rows("SELECT DISTINCT segment FROM segment_members ORDER BY segment")
    names = [row["segment"] for row in rows]
    return (choose("Segment", "segment", names) or "") if names else ""
