"""Ids of steps, so that what is put down on the canvas doesn't take one that another step has."""

from __future__ import annotations

from typing import Any

from dashboards.canvas.arms import arms_of, steps_in, walk
from dashboards.canvas.palette import END, word_of
from kith.errors import KithError


def with_own_id(document: Any, step: Any) -> Any:
    """The step, with an id of its own where another of the file has the one that it would be given."""
    if not isinstance(step, dict) or "id" in step:
        return step
    taken = {made_id(each) for _, each in walk(steps_in(document.get("steps")), ("steps",))}
    if made_id(step) not in taken - {""}:
        return step
    number = next(at for at in range(2, len(taken) + 3) if f"{word_of(step)}_{at}" not in taken)
    return {"id": f"{word_of(step)}_{number}", **step}


def made_id(step: Any) -> str:
    """The id of a step as the engine names it; empty while it can't be read."""
    from pydantic import ValidationError

    from activation.journeys.language.blocks import words
    from activation.journeys.language.journey import JourneyBody  # noqa: F401  (completes the words)

    word = word_of(step)
    if word in ("", END) or (
        isinstance(step, dict) and any(not arm.steps for arm in arms_of(step) if arm.is_told)
    ):
        return str(step.get("id", "")) if isinstance(step, dict) else ""
    try:
        return words()[word].model_validate(step).step_id()
    except (ValidationError, KithError):
        return str(step.get("id", ""))
