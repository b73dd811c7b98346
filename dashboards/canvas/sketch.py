"""A journey's file as the canvas draws it: steps in blocks, blocks in arms, each with its marks and figures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dashboards.canvas.arms import Arm, arms_of, steps_in
from dashboards.canvas.palette import BY_WORD, KINDS, word_of
from dashboards.canvas.wording import condition, describe, first_of, span
from dashboards.canvas.writing import Keys
from dashboards.definition_kinds import Remark
from dashboards.formatting import spell_name

#: The node that stands for who comes in, and what ends it from outside.
ENTRY = "entry"
UNKNOWN = "Unknown step"


@dataclass(frozen=True)
class Figure:
    """A number at a step. `title` says what is counted, `tone` how it is meant."""

    label: str
    value: str
    title: str
    tone: str = ""


@dataclass(frozen=True)
class Marks:
    """What is drawn beside the steps, by their keys; `notes` beside the arms, by the keys of their blocks."""

    remarks: Mapping[Keys, Sequence[Remark]] = field(default_factory=dict)
    figures: Mapping[Keys, Sequence[Figure]] = field(default_factory=dict)
    notes: Mapping[Keys, str] = field(default_factory=dict)
    ending: Sequence[Figure] = ()


def node_id(keys: Keys) -> str:
    """The name of a step on the canvas: its keys as JSON, as the canvas reads them too."""
    return json.dumps(list(keys), separators=(",", ":"), ensure_ascii=False)


def keys_of(node: str) -> Keys:
    """The keys of a node. Raises ValueError for what names none."""
    keys = json.loads(node)
    if not isinstance(keys, list) or not all(isinstance(each, str | int) for each in keys):
        raise ValueError(f"'{node}' names no step")
    return tuple(keys)


def sketch(document: Mapping[str, Any], marks: Marks) -> dict[str, Any]:
    """What the component draws."""
    entered = marks.figures.get((ENTRY,), ())
    return {
        "entry": {
            "id": ENTRY,
            "title": "Who comes in" if document.get("enter") is not None else "A part of other journeys",
            "detail": entry_in_words(document.get("enter")),
            "findings": _findings(marks.remarks.get((ENTRY,), ())),
            "figures": _figures(entered),
        },
        "ending": {"detail": "Completed", "figures": _figures(marks.ending)},
        "block": node_id(("steps",)),
        "steps": _steps(steps_in(document.get("steps")), ("steps",), marks),
    }


def palette() -> list[dict[str, str]]:
    """The steps that can be put down."""
    return [
        {"word": each.word, "title": each.title, "what": each.what, "group": each.group, "icon": each.icon}
        for each in KINDS
    ]


def entry_in_words(enter: Any) -> str:
    """Who comes in, in a few words."""
    if not isinstance(enter, dict):
        return "has no way in of its own"
    if enter.get("event"):
        return f"does {first_of(enter['event'])}" + (
            f", once for each {enter['key']}" if enter.get("key") else ""
        )
    if enter.get("left"):
        return f"leaves {spell_name(str(enter['left']))}"
    who = enter.get("segment") or enter.get("list")
    name = spell_name(str(who)) if who else "choose who"
    if enter.get("schedule"):
        return f"{name}, {enter['schedule']}"
    if enter.get("launch_at"):
        return f"{name}, once at {enter['launch_at']}"
    if enter.get("api"):
        return f"is handed over as {enter['api']}"
    again = f", again after {span(enter['again_after'])}" if enter.get("again_after") else ""
    return f"is put on the list {name}{again}" if enter.get("list") else f"enters {name}{again}"


def exits_in_words(document: Mapping[str, Any]) -> list[str]:
    """What ends it from outside, and what counts as success."""
    goal, stops = document.get("goal"), steps_in(document.get("stop_when"))
    told = [f"Goal: {_exit(goal)}"] if goal else []
    return [*told, *(f"Stops: {_exit(each)}" for each in stops)]


def _exit(rule: Any) -> str:
    if not isinstance(rule, dict):
        return "?"
    if rule.get("event"):
        return str(rule["event"])
    return f"leaves {spell_name(str(rule['left']))}" if rule.get("left") else condition(rule)


def _steps(steps: Sequence[Any], keys: Keys, marks: Marks) -> list[dict[str, Any]]:
    return [_step(step, (*keys, number), marks) for number, step in enumerate(steps)]


def _step(step: Any, keys: Keys, marks: Marks) -> dict[str, Any]:
    word = word_of(step)
    kind = BY_WORD.get(word)
    return {
        "id": node_id(keys),
        "word": word,
        "title": kind.title if kind else UNKNOWN,
        "detail": describe(word, step) if kind else "see the text of the file",
        "icon": kind.icon if kind else "more",
        "group": kind.group.split()[0] if kind else "Data",
        "findings": _findings(marks.remarks.get(keys, ())),
        "figures": _figures(marks.figures.get(keys, ())),
        "arms": [_arm(arm, keys, marks) for arm in _drawn(step)],
    }


def _drawn(step: Any) -> list[Arm]:
    try:
        return arms_of(step)
    except (TypeError, AttributeError, KeyError):
        return []  # unfinished as text: lint says what is the matter


def _arm(arm: Arm, keys: Keys, marks: Marks) -> dict[str, Any]:
    block = (*keys, *arm.keys)
    return {
        "label": arm.label,
        "block": node_id(block),
        "isBody": arm.is_body,
        "note": marks.notes.get(block, ""),
        "steps": _steps(arm.steps, block, marks),
    }


def _findings(remarks: Sequence[Remark]) -> list[dict[str, Any]]:
    return [
        {"severity": each.severity, "message": each.message, "line": each.line, "wayOut": each.way_out}
        for each in remarks
    ]


def _figures(figures: Sequence[Figure]) -> list[dict[str, str]]:
    return [
        {"label": each.label, "value": each.value, "title": each.title, "tone": each.tone} for each in figures
    ]
