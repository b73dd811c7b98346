"""A funnel's figures drawn: its steps, its breakdown, and how long people took."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboards import charts
from dashboards.cards import Card, show_cards
from dashboards.downloads import offer_csv
from dashboards.formatting import NONE, Spelling
from dashboards.funnels.answer import Answer
from dashboards.funnels.counting import EVERYBODY
from dashboards.notices import nothing
from dashboards.pictures.bars import named_bars
from dashboards.pictures.spans import bars_of_spans, spell_seconds
from dashboards.reader import Reader

MOST_BARS = 12
#: The share of people that is told bar by bar; the rest is one bar.
WHOLE_TAIL = 0.99
_SOURCE = "Reckoned as the table `funnels` is: see `docs/analytics.md`"


def show_figures(answer: Answer, spelling: Spelling) -> None:
    """Who entered, who got to the end, how fast, and who may still."""
    steps = answer.of()
    first, last = steps.iloc[0], steps.iloc[-1]
    rate = spelling.percent(last["conversion_from_first"])
    show_cards(
        [
            Card("Entered", spelling.number(int(first["reached_count"])), _SOURCE, "people did the first step"),
            Card("Converted", spelling.number(int(last["reached_count"])), _SOURCE, f"{rate} of those who entered"),
            Card("Usual time", spell_seconds(last["median_seconds_from_first"]), _SOURCE,
                 f"nine of ten within {spell_seconds(last['p90_seconds_from_first'])}"),
            Card("Still on the way", spelling.number(int(steps["open_count"].sum())), _SOURCE,
                 "their time isn't over yet"),
        ]
    )  # fmt: skip


def show_steps(answer: Answer, spelling: Spelling) -> None:
    """One bar a step."""
    steps = answer.of()
    labels = [
        f"{spelling.number(int(reached))} · {spelling.percent(rate)}"
        for reached, rate in zip(steps["reached_count"], steps["conversion_from_first"], strict=True)
    ]
    drawn = steps[["step", "reached_count"]].assign(
        step=[f"{number}. {step}" for number, step in zip(steps["step_number"], steps["step"], strict=True)],
        label=labels,
    )
    told = ", ".join(f"{step}: {label}" for step, label in zip(drawn["step"], labels, strict=True))
    charts.show_chart(charts.stage_bars(drawn, "step", "reached_count", "People"), f"People by step. {told}")


def show_table(reader: Reader, answer: Answer, name: str) -> None:
    """Every step of every value, to read and to take away."""
    frame = answer.steps.drop(columns="step_number").sort_values(
        "shown_value", key=lambda values: values.map({value: at for at, value in enumerate(answer.values)}).fillna(-1),
        kind="stable",
    )  # fmt: skip
    percent = {"format": "percent", "min_value": 0.0, "max_value": 1.0}
    times = {
        "median_seconds_from_previous": "Usual time from the step before",
        "p90_seconds_from_previous": "Nine of ten within",
        "median_seconds_from_first": "Usual time from the first",
        "p90_seconds_from_first": "Nine of ten from the first within",
    }
    for column in times:
        frame[column] = [spell_seconds(each) for each in frame[column]]
    st.dataframe(
        frame,
        hide_index=True,
        alt="Every step of the funnel by value of its breakdown",
        column_order=[
            "shown_value",
            "step",
            "reached_count",
            "conversion_from_first",
            "conversion_from_previous",
            "open_count",
            *times,
        ],
        column_config={
            "shown_value": st.column_config.TextColumn("Of whom", pinned=True, width=130),
            "step": "Step",
            "reached_count": st.column_config.NumberColumn("People", format="localized"),
            "open_count": st.column_config.NumberColumn("Still on the way", format="localized"),
            "conversion_from_previous": st.column_config.ProgressColumn("Of the step before", **percent),
            "conversion_from_first": st.column_config.ProgressColumn("Of the first step", **percent),
            **times,
        },
    )
    offer_csv(reader, answer.steps, f"funnel-{name}")


def show_breakdown(answer: Answer, spelling: Spelling, by: str) -> None:
    """What share of those who entered got to the end, by value."""
    if not answer.values:
        nothing("Choose what to break it down by above, and each value's conversion stands here.")
        return
    last = int(answer.steps["step_number"].max())
    rows = answer.steps[(answer.steps["step_number"] == last) & (answer.steps["shown_value"] != EVERYBODY)]
    rows = rows.set_index("shown_value").loc[answer.values[:MOST_BARS]].reset_index()
    drawn = pd.DataFrame(
        {
            "name": rows["shown_value"],
            "rate": rows["conversion_from_first"].fillna(0.0),
            "label": [
                f"{spelling.percent(rate)} · {spelling.number(int(count))}"
                for rate, count in zip(rows["conversion_from_first"], rows["reached_count"], strict=True)
            ],
        }
    )
    chart = named_bars(drawn, "name", "rate", "Converted, of those who entered", ".0%")
    charts.show_chart(chart, f"Conversion by {by}: the values with most people first")
    if len(answer.values) > MOST_BARS:
        st.caption(f"The {MOST_BARS} values with most people; all {len(answer.values)} stand in the table.")


def show_times(reader: Reader, answer: Answer) -> None:
    """How long those who got to the end took."""
    times = answer.times
    last = int(answer.steps["step_number"].max())
    times = times[(times["shown_value"] == EVERYBODY) & (times["step_number"] == last)]
    counted = times[times["people_count"] > 0]
    if counted.empty:
        nothing("Nobody has got to the last step so far.")
        return
    shown = _without_tail(
        times.loc[counted.index.min() : counted.index.max(), ["up_to_seconds", "people_count"]]
    )
    usual = answer.of().iloc[-1]["median_seconds_from_first"]
    text = f"People by time from the first step to the last; the usual time is {spell_seconds(usual)}"
    charts.show_chart(bars_of_spans(shown, "People"), text if usual is not None else NONE)
    offer_csv(reader, shown, "time-to-convert")


def _without_tail(times: pd.DataFrame) -> pd.DataFrame:
    """The last hundredth of people as one bar: a week of hairlines tells less than the first minutes."""
    so_far = times["people_count"].cumsum() / times["people_count"].sum()
    end = int((so_far < WHOLE_TAIL).sum()) + 1
    if end >= len(times) - 1:
        return times
    rest = {"up_to_seconds": float("inf"), "people_count": int(times["people_count"].iloc[end:].sum())}
    return pd.concat([times.iloc[:end], pd.DataFrame([rest])], ignore_index=True)
