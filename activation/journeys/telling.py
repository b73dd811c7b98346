"""Telling a journey to start, pause or stop, where that changes anything."""

from __future__ import annotations

from datetime import datetime

from activation.journeys.controls import Control, Word, controls, record, standing
from activation.journeys.programme import load_programme
from activation.journeys.versions import kept_graphs
from kith.errors import KithError
from kith.lake import Home
from kith.settings import Settings


def tell(settings: Settings, journey: str, word: Word, by: str, now: datetime) -> Control:
    """Lands a start, pause or stop. Raises KithError for a journey that nobody knows, a word that changes nothing, and
    a start where the file itself lets nobody in."""
    home, programme = Home(settings.home), load_programme(settings)
    kept = {name for name, _ in kept_graphs(home)}
    if journey not in programme.graphs and journey not in kept:
        raise KithError(
            f"there is no journey {journey}", expected=", ".join(sorted({*programme.graphs, *kept}))
        )
    if word == "start" and not programme.is_live(journey):
        raise KithError(f"{journey} is not live", way_out="say 'state: live' in its file")
    if standing(controls(home), journey) == word:
        raise KithError(
            f"{journey} was told to {word} already" if word != "start" else f"{journey} is running"
        )
    control = Control(journey, word, now, by)
    record(home, control)
    return control
