"""The lift of a campaign over its holdout, with bounds that hold however often one looks."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboards import charts
from dashboards.formatting import NONE, Spelling
from dashboards.notices import nothing
from dashboards.tables import Row, show_table
from measurement.sample_ratio import SUSPICIOUS


def show_lift(performance: list[dict[str, Any]], held_out: int, spelling: Spelling) -> None:
    """Both arms side by side, the interval, and what it means in a sentence.

    `held_out` is the number of people whom every gate but the holdout would have let through.
    """
    measured = [row for row in performance if row.get("lift") is not None]
    if not measured:
        nothing("Not measured yet: it takes people on both sides, treated and held out.")
        return
    row = measured[0]
    st.markdown(say_verdict(row, spelling))
    arms, picture = st.columns([2, 3], gap="large")
    with arms:
        _show_arms(row, held_out, spelling)
    with picture:
        _show_interval(row, spelling)
    if is_split_suspicious(row):
        st.warning(
            "Treated and held-out people are not in the proportion that was meant. Look for the reason "
            "before believing the lift.",
            icon=":material/balance:",
        )


def is_split_suspicious(row: dict[str, Any]) -> bool:
    """Whether the sizes of the arms can hardly be chance: a test of the sample ratio."""
    p_value = row.get("srm_p_value")
    return p_value is not None and p_value < SUSPICIOUS


def say_verdict(row: dict[str, Any], spelling: Spelling) -> str:
    """What the interval allows to say."""
    lower, upper = row.get("lift_lower"), row.get("lift_upper")
    if lower is None or upper is None:
        return "There are too few people, or too few orders, to say how sure this is."
    bounds = f"between **{spelling.points(lower)}** and **{spelling.points(upper)}**"
    if lower > 0:
        return f":green[**It worked.**] The campaign raised the share of people who order, by {bounds}."
    if upper < 0:
        return f":red[**It did harm.**] The campaign lowered the share of people who order, by {bounds}."
    return f"**Too early to tell.** The true effect lies {bounds}; zero is still possible."


def _show_arms(row: dict[str, Any], held_out: int, spelling: Spelling) -> None:
    def money(amount: float | None) -> str:
        return NONE if amount is None else spelling.money(amount, row.get("currency"))

    def rate(column: str) -> str:
        return spelling.percent(row.get(column))

    show_table(
        "Treated people beside held-out people",
        ("", "Treated", "Held out"),
        [
            Row(("People", spelling.number(row.get("treated_count")), spelling.number(held_out))),
            Row(("Ordered", rate("treated_conversion_rate"), rate("holdout_conversion_rate"))),
            Row(
                (
                    "Revenue a person",
                    money(row.get("revenue_per_treated")),
                    money(row.get("revenue_per_holdout")),
                )
            ),
        ],
        numbers=2,
    )
    st.caption("Both arms passed every other gate, so they differ by the message alone.")
    if row.get("revenue_lift_lower") is not None:
        st.caption(
            f"Revenue a person: {money(row['revenue_lift'])} more, between {money(row['revenue_lift_lower'])} "
            f"and {money(row['revenue_lift_upper'])}."
        )


def _show_interval(row: dict[str, Any], spelling: Spelling) -> None:
    estimate, lower, upper = row["lift"], row.get("lift_lower"), row.get("lift_upper")
    st.markdown(f"**Lift {spelling.points(estimate)}** in the share of people who order")
    told = [("Treated − held out", estimate, lower, upper)]
    adjusted = row.get("adjusted_lift")
    if adjusted is not None:
        told.append(
            ("The same, adjusted", adjusted, row.get("adjusted_lift_lower"), row.get("adjusted_lift_upper"))
        )
    frame = pd.DataFrame([_points(*each) for each in told])
    text = f"Lift {spelling.points(estimate)}, from {spelling.points(lower)} to {spelling.points(upper)}"
    charts.show_chart(charts.interval(frame, "Percentage points"), text)
    st.caption("95 % intervals that stay valid however often one looks at them.")
    if adjusted is not None and row.get("variance_reduction") is not None:
        st.caption(
            f"Adjusted (CUPED): what people ordered before the campaign explains "
            f"{spelling.percent(row['variance_reduction'])} of the noise, which is taken out."
        )


def _points(name: str, estimate: float, lower: float | None, upper: float | None) -> dict[str, Any]:
    return {
        "name": name,
        "estimate": estimate * 100,
        "lower": (estimate if lower is None else lower) * 100,
        "upper": (estimate if upper is None else upper) * 100,
    }
