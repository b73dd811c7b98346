"""The lift of a campaign over its holdout, with bounds that hold however often one looks."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboards import charts
from dashboards.formatting import NONE, Spelling
from dashboards.notices import nothing


def show_lift(performance: list[dict[str, Any]], spelling: Spelling) -> None:
    """Both arms side by side, the interval, and what it means in a sentence."""
    measured = [row for row in performance if row.get("lift") is not None]
    if not measured:
        nothing("Not measured yet: it takes people on both sides, treated and held out.")
        return
    arms, picture = st.columns([2, 3], gap="large")
    with arms:
        _show_arms(measured[0], spelling)
    with picture:
        _show_interval(measured[0], spelling)
    st.markdown(say_verdict(measured[0], spelling))


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


def _show_arms(row: dict[str, Any], spelling: Spelling) -> None:
    treated, held = row.get("treated_conversion_rate"), row.get("holdout_conversion_rate")
    per_treated, per_held = row.get("revenue_per_treated"), row.get("revenue_per_holdout")
    currency = row.get("currency")

    def money(amount: Any) -> str:
        if amount is None:
            return NONE
        return spelling.money(amount, currency) if currency else spelling.number(float(amount), 2)

    lines = [
        "| | Treated | Held out |",
        "|:--|--:|--:|",
        f"| People | {spelling.number(row.get('treated_count'))} | {spelling.number(row.get('holdout_count'))} |",
        f"| Ordered | {spelling.percent(treated)} | {spelling.percent(held)} |",
        f"| Revenue a person | {money(per_treated)} | {money(per_held)} |",
    ]
    st.markdown("\n".join(lines))
    st.caption("Both arms passed every other gate, so that they differ by the message alone.")


def _show_interval(row: dict[str, Any], spelling: Spelling) -> None:
    estimate, lower, upper = row["lift"], row.get("lift_lower"), row.get("lift_upper")
    st.markdown(f"**Lift {spelling.points(estimate)}** in the share of people who order")
    frame = pd.DataFrame(
        {
            "name": ["Treated − held out"],
            "estimate": [estimate * 100],
            "lower": [(estimate if lower is None else lower) * 100],
            "upper": [(estimate if upper is None else upper) * 100],
        }
    )
    text = f"Lift {spelling.points(estimate)}, from {spelling.points(lower)} to {spelling.points(upper)}"
    charts.show_chart(charts.interval(frame, "Percentage points"), text)
    st.caption("95 % interval that stays valid however often one looks at it.")
