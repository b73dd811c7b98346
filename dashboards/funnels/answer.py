"""A funnel's figures for a page: those that the run published, or the same rules asked now of its events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from dashboards.funnels.conditions import looks_into_events
from dashboards.funnels.counting import EDGES, EVERYBODY, question_of
from dashboards.reader import Reader
from kith.definitions import Definition
from measurement.funnels import Funnel

TABLES = ("events", "orders", "sessions", "profiles")


@dataclass(frozen=True)
class Answer:
    """`steps`: one row per shown value and step, `shown_value, step_number, step, reached_count, open_count,
    conversion_from_previous, conversion_from_first` and times in seconds. `times`: `shown_value, step_number,
    up_to_seconds, people_count`, how many reached a step within which time of the first; empty where only the
    published figures were read."""

    steps: pd.DataFrame
    times: pd.DataFrame

    @property
    def is_empty(self) -> bool:
        return self.steps.empty or not int(self.steps["reached_count"].max())

    def of(self, value: str = EVERYBODY) -> pd.DataFrame:
        """The steps of one shown value, in their order."""
        return self.steps[self.steps["shown_value"] == value].sort_values("step_number")

    @property
    def values(self) -> list[str]:
        """The shown values of the breakdown, those with most people first."""
        first = self.steps[(self.steps["step_number"] == 1) & (self.steps["shown_value"] != EVERYBODY)]
        return first.sort_values("reached_count", ascending=False)["shown_value"].tolist()


def may_ask(reader: Reader, funnel: Funnel) -> bool:
    """Whether this visitor's reader sees what the funnel looks into."""
    return not (reader.is_masked and looks_into_events(funnel))


def published(reader: Reader, definition: Definition[Funnel]) -> Answer | None:
    """What the run published of this very version, or None."""
    if reader.missing("funnels"):
        return None
    frame = reader.frame(
        """
        SELECT
            breakdown_value AS shown_value, step_number, step, reached_count, open_count,
            median_seconds_from_previous, p90_seconds_from_previous,
            median_seconds_from_first, p90_seconds_from_first
        FROM funnels
        WHERE funnel = $funnel AND version = $version
        ORDER BY breakdown_value, step_number""",
        funnel=definition.name,
        version=definition.version,
    )
    return None if frame.empty else Answer(_with_rates(frame), pd.DataFrame())


def ask(reader: Reader, funnel: Funnel) -> Answer:
    """The funnel evaluated now over the published tables."""
    question = question_of(funnel, reader.as_of)
    rows = reader.rows(question.sql, **question.parameters)
    return Answer(_with_rates(_filled(funnel, rows)), _times(rows))


def _filled(funnel: Funnel, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """A row for each step of each value, also of those that nobody reached."""
    found = {(row["shown_value"], row["step_number"]): row for row in rows}
    values = sorted({EVERYBODY, *(value for value, _ in found)})
    return pd.DataFrame(
        [
            _step_row(funnel, value, number, found.get((value, number), {}))
            for value in values
            for number in range(1, len(funnel.steps) + 1)
        ]
    )


def _step_row(funnel: Funnel, value: str, number: int, found: dict[str, Any]) -> dict[str, Any]:
    spans = ("previous", "first")
    times = {
        f"{name}_seconds_from_{span}": found.get(f"{name}_seconds_from_{span}") if number > 1 else None
        for span in spans
        for name in ("median", "p90")
    }
    return {
        "shown_value": value,
        "step_number": number,
        "step": step_label(funnel, number),
        "reached_count": found.get("reached_count", 0),
        "open_count": found.get("open_count", 0),
        **times,
    }


def step_label(funnel: Funnel, number: int) -> str:
    """What the warehouse calls the step."""
    if funnel.order == "any":
        return f"{number} of {len(funnel.steps)}"
    return funnel.steps[number - 1].label


def _with_rates(frame: pd.DataFrame) -> pd.DataFrame:
    grouped = frame.sort_values(["shown_value", "step_number"]).groupby("shown_value")["reached_count"]
    before, entered = grouped.shift(), grouped.transform("first")
    frame["conversion_from_previous"] = frame["reached_count"] / before.where(before > 0)
    frame["conversion_from_first"] = frame["reached_count"] / entered.where(entered > 0)
    return frame


def _times(rows: list[dict[str, Any]]) -> pd.DataFrame:
    told = [
        {
            "shown_value": row["shown_value"],
            "step_number": row["step_number"],
            "up_to_seconds": edge if edge in EDGES else float("inf"),
            "people_count": count,
        }
        for row in rows
        for edge, count in dict(row["seconds_counts"]).items()
    ]
    return pd.DataFrame(told, columns=["shown_value", "step_number", "up_to_seconds", "people_count"])
