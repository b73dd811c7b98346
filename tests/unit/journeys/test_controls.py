"""What people tell journeys lands as rows with instants of their own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from activation.journeys.controls import Control, closed, controls, record, standing, stops
from kith.lake import Home
from kith.settings import Settings

AT = datetime(2026, 5, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_controls__are_kept_with_their_instants(settings: Settings) -> None:
    home = Home(settings.home)
    told = [
        Control("winback", "pause", AT + HOUR, "Ada"),
        Control("winback", "migrate", AT, "Ada", "v2", {"wait:3d": "wait:5d"}),
    ]
    for each in told:
        record(home, each)
    assert controls(home) == told[::-1]


def test_closed__spans_from_a_pause_or_stop_to_the_next_start() -> None:
    words = ["start", "pause", "stop", "start", "start", "pause"]
    told = [Control("a", word, AT + n * HOUR) for n, word in enumerate(words)]  # type: ignore[arg-type]
    told.append(Control("b", "stop", AT))
    assert closed(told) == [("a", AT + HOUR, AT + 3 * HOUR), ("a", AT + 5 * HOUR, None), ("b", AT, None)]
    assert stops(told) == [("a", AT + 2 * HOUR), ("b", AT)]
    assert (standing(told, "a"), standing(told, "b"), standing(told, "c")) == ("pause", "stop", "start")
