"""Asking for figures by clicks: metrics, period, break-down, days, filters and kind of chart of one tile."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, cast, get_args

import streamlit as st

from dashboards.answers.metrics import catalogue_of, dimensions_of, values_of
from dashboards.board import Chart, Condition, Grain, Period, Tile
from dashboards.formatting import spell_name
from dashboards.metric_charts import KINDS
from dashboards.reader import Reader
from kith.errors import KithError
from kith.metrics.catalogue import Catalogue

GRAINS = {
    "": "All days as one",
    "day": "Day",
    "week": "Week",
    "month": "Month",
    "quarter": "Quarter",
    "year": "Year",
}
DAYS = {7: "Last 7 days", 28: "Last 28 days", 90: "Last 90 days", 365: "Last year"}
_ALL, _OWN = "All days", "From … to …"


def ask_tile(reader: Reader, tile: Tile, key: str) -> Tile:
    """Widgets under `key` that begin with what the tile asks; answers what they say now."""
    catalogue = catalogue_of(reader)
    labels = {each.name: each.label for each in catalogue.metrics}
    metrics = st.multiselect(
        "Metrics", sorted(labels, key=lambda each: labels[each].lower()), default=_known(tile.metrics, labels),
        format_func=lambda each: labels[each], key=f"{key}_metrics", max_selections=6,
        placeholder="Choose what to measure",
    )  # fmt: skip
    dimensions = _shared(catalogue, metrics)
    period, by, days, chart = st.columns([2, 3, 2, 3])
    with period:
        grain = _choose("Told by", list(GRAINS), tile.grain, f"{key}_grain", lambda each: GRAINS[each])
    with by:
        split = st.multiselect(
            "Broken down by", dimensions, default=_known(tile.by, dimensions), format_func=_spell_dimension,
            key=f"{key}_by", max_selections=3, placeholder="Nothing",
        )  # fmt: skip
    with days:
        told_days = ask_period(tile.period, key)
    with chart:
        kind = st.segmented_control(
            "Shown as", list(KINDS), default=tile.chart, format_func=lambda each: KINDS[each], key=f"{key}_chart",
            required=True, width="stretch",
        )  # fmt: skip
    filters = ask_conditions(reader, dimensions, metrics, tile.filters, key) if metrics else tile.filters
    asked = {"metrics": tuple(metrics), "by": tuple(split), "grain": cast(Grain, grain), "filters": filters}
    return tile.model_copy(update={**asked, "period": told_days, "chart": cast(Chart, kind or "line")})


def ask_period(period: Period | None, key: str, nothing: str = _ALL) -> Period | None:
    """The last so many days, all of them, or from one day to another."""
    options = [nothing, *DAYS, _OWN]
    own = bool(period and (period.first or period.last or (period.days and period.days not in DAYS)))
    default = _OWN if own else period.days if period and period.days else nothing
    chosen = _choose("Days", options, default, f"{key}_days", lambda each: DAYS.get(each, each))
    if chosen == nothing:
        return None
    if chosen != _OWN:
        return Period(days=chosen)
    first = st.date_input("From", period.first if period else None, key=f"{key}_from", format="DD/MM/YYYY")
    last = st.date_input("To", period.last if period else None, key=f"{key}_to", format="DD/MM/YYYY")
    return _period(first, last)


def ask_conditions(
    reader: Reader, dimensions: Sequence[str], metrics: Sequence[str], given: Sequence[Condition], key: str
) -> tuple[Condition, ...]:
    """Which values of which dimensions count; the values that there are come from the data."""
    present = {each.dimension: each for each in given}
    with st.popover(_spell_count(given), icon=":material/filter_alt:", key=f"{key}_filters_in"):
        chosen = st.multiselect(
            "Filter by", dimensions, default=_known(list(present), dimensions), format_func=_spell_dimension,
            key=f"{key}_filters",
        )  # fmt: skip
        asked = [_ask_condition(reader, metrics, each, present.get(each), key) for each in chosen]
    return tuple(each for each in asked if each is not None)


def conditions_in_words(conditions: Sequence[Condition]) -> str:
    """`Country is GB or DE · Channel is not email`"""
    told = [
        f"{_spell_dimension(each.dimension)} {'is not' if each.is_not else 'is'} "
        + " or ".join(each.is_not or each.is_)
        for each in conditions
    ]
    return " · ".join(told)


def _ask_condition(
    reader: Reader, metrics: Sequence[str], dimension: str, given: Condition | None, key: str
) -> Condition | None:
    side, values = st.columns([1, 3])
    before = (given.is_ or given.is_not) if given else ()
    with side:
        says = _choose(
            _spell_dimension(dimension), ["is", "is not"], "is not" if given and given.is_not else "is",
            f"{key}_{dimension}_side", str,
        )  # fmt: skip
    with values:
        known = dict.fromkeys([*_values(reader, metrics, dimension), *before])
        chosen = st.multiselect("one of", list(known), default=list(before), key=f"{key}_{dimension}_values")
    if not chosen:
        return None
    return Condition(dimension=dimension, **{"is_" if says == "is" else "is_not": tuple(chosen)})


def _values(reader: Reader, metrics: Sequence[str], dimension: str) -> list[str]:
    try:
        return values_of(reader, metrics[0], dimension)
    except KithError:
        return []


def _shared(catalogue: Catalogue, metrics: Sequence[str]) -> list[str]:
    return dimensions_of(catalogue, metrics) if metrics else []


def _choose(label: str, options: list[Any], default: Any, key: str, spell: Any) -> Any:
    at = options.index(default) if default in options else 0
    return st.selectbox(label, options, index=at, format_func=spell, key=key)


def _known(names: Sequence[str], known: Any) -> list[str]:
    return [each for each in names if each in known]


def _spell_dimension(name: str) -> str:
    entity, _, last = name.rpartition("__")
    return f"{spell_name(last)} ({spell_name(entity).lower()})" if entity else spell_name(name)


def _spell_count(conditions: Sequence[Condition]) -> str:
    return f"Filters: {conditions_in_words(conditions)}"[:80] if conditions else "Filters"


def _period(first: date | None, last: date | None) -> Period | None:
    if not first and not last:
        return None
    if first and last and last < first:
        st.warning("The last day is before the first.", icon=":material/event_busy:")
        return Period.model_validate({"from": last, "to": first})
    return Period.model_validate({"from": first, "to": last})


def known_charts() -> tuple[str, ...]:
    """The kinds that a link may name."""
    return get_args(Chart)
