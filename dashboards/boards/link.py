"""A question in the address: what one sees can be sent to somebody, who then sees the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

import streamlit as st
from pydantic import ValidationError

from dashboards.board import Condition, Period, Tile
from dashboards.formatting import plain
from kith.metrics.catalogue import Catalogue

_NAMED = ("metrics", "by", "grain", "chart", "days", "from", "to", "filter")
Parameters = dict[str, str | list[str]]


def tile_in_link(catalogue: Catalogue, otherwise: Tile) -> Tile:
    """What the address asks; `otherwise` where it asks nothing. Metrics that there are none of are said and left out."""
    told = st.query_params
    if not any(name in told for name in _NAMED):
        return otherwise
    known = {each.name for each in catalogue.metrics}
    wanted = _words(told.get("metrics", ""))
    for name in wanted:
        if name not in known:
            st.warning(f"There is no metric named “{plain(name)}”.", icon=":material/link_off:")
    try:
        return Tile(
            metrics=tuple(each for each in wanted if each in known) or otherwise.metrics,
            by=_words(told.get("by", "")),
            grain=told.get("grain", ""),  # type: ignore[arg-type]
            chart=told.get("chart", "line"),  # type: ignore[arg-type]
            period=period_in_link(),
            filters=conditions_in_link(),
        )
    except ValidationError:
        st.warning("This link asks for something that isn't there.", icon=":material/link_off:")
        return otherwise


def period_in_link() -> Period | None:
    """`days=28`, or `from=2026-04-01&to=2026-04-30`."""
    told = {name: st.query_params[name] for name in ("days", "from", "to") if st.query_params.get(name)}
    try:
        return Period.model_validate(told) if told else None
    except ValidationError:
        return None


def conditions_in_link() -> tuple[Condition, ...]:
    """`filter=country:GB`, again for a further value, `filter=!country:GB` for all others."""
    told: dict[tuple[str, bool], list[str]] = {}
    for each in st.query_params.get_all("filter"):
        name, colon, value = each.partition(":")
        if colon and value and name.strip("!"):
            told.setdefault((name.lstrip("!"), name.startswith("!")), []).append(value)
    return tuple(
        Condition(dimension=name, **{"is_not" if is_not else "is_": tuple(dict.fromkeys(values))})
        for (name, is_not), values in told.items()
    )


def tile_parameters(tile: Tile) -> Parameters:
    """The other way round."""
    told: Mapping[str, Any] = {
        "metrics": ",".join(tile.metrics),
        "by": ",".join(tile.by),
        "grain": tile.grain,
        "chart": tile.chart,
        **period_parameters(tile.period),
        "filter": condition_parameters(tile.filters),
    }
    return {name: value for name, value in told.items() if value}


def period_parameters(period: Period | None) -> dict[str, str]:
    """A period as the address has it."""
    if period is None:
        return {}
    told = {"days": period.days, "from": period.first, "to": period.last}
    return {name: str(value) for name, value in told.items() if value is not None}


def condition_parameters(conditions: Iterable[Condition]) -> list[str]:
    """Conditions as the address has them."""
    return [
        f"{'!' if each.is_not else ''}{each.dimension}:{value}"
        for each in conditions
        for value in (each.is_not or each.is_)
    ]


def keep_in_link(parameters: Parameters) -> None:
    """Put them into the address, if they aren't there; others of ours leave it."""
    present = {name: st.query_params.get_all(name) for name in st.query_params}
    wanted = {name: value if isinstance(value, list) else [value] for name, value in parameters.items()}
    kept = {name: values for name, values in present.items() if name not in _NAMED and name not in wanted}
    if {**kept, **wanted} != present:
        st.query_params.from_dict({**kept, **wanted})


def signature(*names: str) -> str:
    """What the address says of these parameters (of all of ours, where none are named)."""
    return urlencode([(name, value) for name in names or _NAMED for value in st.query_params.get_all(name)])


def _words(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for word in text.split(",") if word))
