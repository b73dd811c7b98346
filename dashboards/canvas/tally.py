"""The figures of a journey at the steps and arms of its file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from dashboards.answers.journeys import Steps
from dashboards.canvas.arms import arms_of, steps_in, walk
from dashboards.canvas.ids import made_id
from dashboards.canvas.palette import word_of
from dashboards.canvas.sketch import ENTRY, Figure, Marks
from dashboards.canvas.writing import Keys
from dashboards.formatting import Spelling


def tallied(document: Any, steps: Steps, entrants: Mapping[str, int], spelling: Spelling) -> Marks:
    """Marks with the figures of each step, and the shares of each arm; `entrants` are those of the versions in view."""
    figures: dict[Keys, Sequence[Figure]] = {(ENTRY,): _entry(entrants, spelling)}
    notes: dict[Keys, str] = {}
    for keys, step in walk(steps_in(document.get("steps")), ("steps",)):
        name = made_id(step)
        if not name:
            continue
        figures[keys] = list(_figures(step, name, steps, spelling))
        for arm, labels in zip(arms_of(step), way_labels(step), strict=False):
            notes[(*keys, *arm.keys)] = _share(steps.left.get(name, {}), labels, spelling)
    completed = entrants.get("completed", 0)
    ending = [Figure("went through", spelling.number(completed), "Enrolments that came to the end: journeys")]
    return Marks({}, figures, notes, ending if entrants.get("entrants") else ())


def _entry(entrants: Mapping[str, int], spelling: Spelling) -> list[Figure]:
    if not entrants.get("entrants"):
        return []
    told = [
        ("entered", "entrants", "Enrolments so far: journeys.enrolment_count", ""),
        ("inside", "inside", "In it now: journeys.inside_count", ""),
        ("at the goal", "goals", "Ended by the goal: journeys.goal_count", "good"),
    ]
    return [
        Figure(label, spelling.number(entrants.get(key, 0)), title, tone)
        for label, key, title, tone in told
        if key != "goals" or entrants.get("goals")
    ]


def _figures(step: Any, name: str, steps: Steps, spelling: Spelling) -> Iterator[Figure]:
    is_part = word_of(step) == "journey"
    here = sum(
        count for at, count in steps.waiting.items() if at == name or (is_part and at.startswith(f"{name}/"))
    )
    passed = sum(steps.left.get(name, {}).values())
    if here:
        yield Figure("here now", spelling.number(here), "In this step now: enrolments")
    sent = steps.messages.get(name)
    if sent:
        yield from _message(sent, spelling)
    elif passed:
        yield Figure("passed", spelling.number(passed), "Went on from here: journey_transitions")
    pulled = steps.pulled.get(name, {})
    if pulled.get("goal"):
        yield Figure("to the goal", spelling.number(pulled["goal"]), "Reached the goal while here", "good")
    if pulled.get("stopped"):
        yield Figure("stopped", spelling.number(pulled["stopped"]), "Were stopped while here", "bad")


def _message(sent: Mapping[str, int], spelling: Spelling) -> Iterator[Figure]:
    withheld = sent["planned"] - sent["sent"]
    yield Figure("sent", spelling.number(sent["sent"]), f"Accepted, of {sent['planned']:,} planned: messages")
    yield Figure(
        "clicked", spelling.share(sent["clicked"], sent["sent"], 0), "Clicked, of those sent: messages"
    )
    if withheld:
        yield Figure(
            "not sent", spelling.number(withheld), "Withheld or failed; choose the step for reasons", "bad"
        )


def _share(left: Mapping[str, int], labels: Sequence[str], spelling: Spelling) -> str:
    whole = sum(left.values())
    if not whole or not labels:
        return ""
    part = sum(left.get(each, 0) for each in labels)
    return f"{spelling.number(part)} · {spelling.share(part, whole, 0)}"


def way_labels(step: Any) -> list[list[str]]:
    """By which labels of the engine a step is left into each of its arms; empty where it can't be read."""
    from pydantic import ValidationError

    from kith.errors import KithError

    try:
        return list(_LABELS.get(word_of(step), lambda step: [])(step))
    except (ValidationError, KithError, TypeError, KeyError, AttributeError):
        return []


def _anywhere() -> Any:
    """A place in which every message is known: only how many ways there are counts."""
    from activation.journeys.language.draft import Draft
    from activation.journeys.language.step import Place
    from kith.definitions import Definition, Position

    class Anywhere(Place):
        def sending(self, name: str, *keys: str | int) -> str:
            return name

    nothing: Any = None
    return Anywhere(Draft({}), Definition("", "", "", Path(), nothing, {}, Position(Path(), {})))


def _read(step: Any) -> Any:
    from activation.journeys.language.blocks import words
    from activation.journeys.language.journey import JourneyBody  # noqa: F401  (completes the words)

    return words()[word_of(step)].model_validate(_without_blocks(step))


def _without_blocks(step: Any) -> Any:
    """The step with `end` in every arm: what stands in them doesn't count, and may be unfinished."""
    from copy import deepcopy

    step = deepcopy(step)
    for arm in arms_of(step):
        if arm.is_told:
            around = step
            for key in arm.keys[:-1]:
                around = around[key]
            around[arm.keys[-1]] = "end"
    return step


def _consecutive(counts: Sequence[int]) -> Iterator[list[str]]:
    at = 0
    for count in counts:
        yield [str(number) for number in range(at + 1, at + count + 1)]
        at += count


def _wait(step: Any) -> Iterator[list[str]]:
    wait = _read(step).wait
    if hasattr(wait, "heard"):
        yield from _consecutive([len(each.matches(_anywhere())) for each in wait.heard()])
        yield ["timeout"]
    else:
        yield ["missed"]


def _branch(step: Any) -> Iterator[list[str]]:
    cases = [each for each in _read(step).branch if hasattr(each, "if_")]
    yield from _consecutive([len(each.if_.alternatives(_anywhere())) for each in cases])
    yield ["else"]


def _numbered(step: Any) -> Iterator[list[str]]:
    for number, arm in enumerate(arms_of(step), 1):
        yield ["else" if arm.keys[-1] == "else" else str(number)]


_LABELS = {
    "send": lambda step: [["dropped"]],
    "wait": _wait,
    "branch": _branch,
    "rank": _numbered,
    "split": _numbered,
    "experiment": _numbered,
}
