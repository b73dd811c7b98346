"""Who takes consent back has answered: the words of consent and those of feedback are one list."""

from __future__ import annotations

from activation.gates._words import load_words
from activation.segments.messages import ANSWERS
from kith.settings import load_settings


def test_answers__hold_every_event_that_takes_consent_back() -> None:
    words = load_words(load_settings()).body
    taken_back = {event for event, saying in words.events.items() if saying.status == "withdrawn"}
    assert taken_back
    assert taken_back <= {*ANSWERS["unsubscribed"], *ANSWERS["complained"]}
