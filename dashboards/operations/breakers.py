"""Circuit breakers: what opens them, told from what the workers wrote down; their own state is in a worker's memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import streamlit as st

from dashboards.formatting import Spelling
from dashboards.tables import Row, show_table
from kith.times import parse_instant

Told = Mapping[str, Any]
HEADER = (
    "Vendor",
    "Breaker, by the ledger",
    "Last failures",
    "Failed then",
    "Failed, last week",
    "Opens after",
)


def show_breakers(vendors: Sequence[Told], hours: Iterable[Told], spelling: Spelling) -> None:
    """A row for each vendor that is set up: whether anything speaks for an open breaker, since when, and what it went
    by. `hours` are the sums of each hour."""
    if not vendors:
        return
    st.markdown("**Circuit breakers**")
    heard = list(hours)
    rows = [_row(each, [hour for hour in heard if _is_of(hour, each)], spelling) for each in vendors]
    show_table("Circuit breakers, as the ledger lets them be known", HEADER, rows, numbers=0)
    st.caption(
        ":material/info: A breaker lives in the memory of the worker that sends, each worker its own, and is written"
        " down nowhere. The ledger tells what opens one: a vendor that answered in the last quarter of an hour with"
        " nothing but failures. One good answer closes it. Failures by the hour are what workers told of the vendor."
    )


def _row(vendor: Told, hours: Sequence[Told], spelling: Spelling) -> Row:
    failed = [each for each in hours if _failures(each)]
    last = max(failed, key=lambda each: str(each["hour"]), default=None)
    return Row(
        (
            f"{vendor['vendor']} ({vendor['channel']})",
            _state(vendor, spelling),
            "–" if last is None else f"in the hour of {spelling.instant(parse_instant(str(last['hour'])))}",
            "–" if last is None else _share([last], spelling),
            _share(hours, spelling),
            f"{vendor['opens_after']} in a row; {vendor['leaves_alone_seconds']:g} s",
        )
    )


def _state(vendor: Told, spelling: Spelling) -> str:
    if vendor["failing_since"]:
        since = spelling.instant(parse_instant(str(vendor["failing_since"])))
        return f"open, or about to be: nothing but failures since {since}"
    return "no sign that it is open"


def _share(hours: Sequence[Told], spelling: Spelling) -> str:
    answers = sum(each["taken"] + _failures(each) for each in hours)
    if not answers:
        return "nothing heard"
    failures = sum(_failures(each) for each in hours)
    return (
        f"{spelling.number(failures)} of {spelling.number(answers)} ({spelling.percent(failures / answers)})"
    )


def _failures(hour: Told) -> int:
    return hour["refused"] + hour["lost"]


def _is_of(hour: Told, vendor: Told) -> bool:
    return (hour["channel"], hour["vendor"]) == (vendor["channel"], vendor["vendor"])
