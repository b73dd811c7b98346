"""The words for steps as a marketer reads them: what each is called, does, and is when it is put down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

END = "end"


@dataclass(frozen=True)
class Kind:
    """A step that can be put down. `word` is the file's; `icon` is one of the canvas's own pictures; `start` is what
    stands in the file until somebody says more."""

    word: str
    title: str
    what: str
    group: str
    icon: str
    start: Any


MESSAGES, TIME, WAYS, DATA = "Messages", "Time", "Ways", "Data and parts"

_ONE_WAY = [{"share": "50%"}, {"share": "50%"}]
_VARIANTS = [{"variant": "a", "share": "50%"}, {"variant": "b", "share": "50%"}]
KINDS: Sequence[Kind] = (
    Kind("send", "Message", "Sends a template by the first channel that can carry it", MESSAGES, "message",
         {"send": "", "by": "email"}),
    Kind("throttle", "Slow down", "Lets the messages inside leave no faster than a rate", MESSAGES, "gauge",
         {"throttle": "500 per 1h", "steps": []}),
    Kind("wait", "Wait", "For a time, until an hour or a date, or for something to happen", TIME, "clock",
         {"wait": "1d"}),
    Kind("only_between", "Waking hours", "Goes on only within these hours of the person's day", TIME, "sun",
         {"only_between": ["09:00", "20:00"]}),
    Kind("branch", "Condition", "Sends people different ways by what is known of them", WAYS, "branch",
         {"branch": {"if": {"segment": ""}, "then": []}}),
    Kind("rank", "Strongest interest", "Takes the way whose score or number is the greatest", WAYS, "rank",
         {"rank": [{"score": "", "then": []}, {"else": []}]}),
    Kind("split", "Random split", "Divides people by chance, anew at each pass", WAYS, "split",
         {"split": _ONE_WAY}),
    Kind("experiment", "Experiment", "Compares variants until one has won, and then takes that", WAYS, "flask",
         {"experiment": "", "variants": _VARIANTS, "winner": {"by": "Order Completed", "within": "7d"}}),
    Kind("repeat", "Repeat", "Does the steps inside again, at most so many times", WAYS, "repeat",
         {"repeat": {"at_most": 3, "steps": []}}),
    Kind("end", "End", "This pass is over", WAYS, "stop", END),
    Kind("update_profile", "Update profile", "Writes something down about the person", DATA, "person",
         {"update_profile": {"stage": "contacted"}}),
    Kind("emit", "Send an event", "Tells other journeys, segments and syncs that something happened", DATA, "bolt",
         {"emit": "Reminder Due"}),
    Kind("audience", "Audience", "Adds the person to an audience that a sync carries out, or removes them", DATA,
         "people", {"audience": "", "change": "add"}),
    Kind("journey", "Part", "Does the steps of another file in this place", DATA, "puzzle", {"journey": ""}),
    Kind("flag", "Feature flag", "Switches a flag. Nothing reads them yet", DATA, "flag", {"flag": "", "is": "on"}),
)  # fmt: skip
BY_WORD: Mapping[str, Kind] = {kind.word: kind for kind in KINDS}


def word_of(step: Any) -> str:
    """The word of a step as it stands in the file; empty where there is none."""
    if step == END:
        return END
    keys = step if isinstance(step, dict) else ()
    return next((kind.word for kind in KINDS if kind.word in keys), "")
