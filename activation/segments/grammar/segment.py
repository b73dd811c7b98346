"""One file below `activation/definitions/segments/`."""

from __future__ import annotations

from typing import Any

from pydantic import Field, field_validator

from activation.segments.grammar.comparisons import Strict
from activation.segments.grammar.conditions import Condition
from activation.segments.grammar.upkeep import EACH_RUN, Evaluate, Guarded
from activation.segments.operands import Prose

DEEPEST = 40
MOST_CONDITIONS = 2_000
NAME_PATTERN = "^[a-z][a-z0-9_]{0,62}$"


class SegmentBody(Strict):
    """A description, the condition that says who is in, when it is evaluated (`daily 06:00` of the workspace, or
    each run), and what its audience is guarded against (`guard: false`: nothing)."""

    name: str | None = Field(None, pattern=NAME_PATTERN)
    description: Prose = ""
    evaluate: Evaluate = EACH_RUN
    guard: Guarded = None
    who: Condition

    @field_validator("who", mode="before")
    @classmethod
    def _of_sane_size(cls, who: Any) -> Any:
        """Looked at level by level, so that no depth of nesting can exhaust the stack."""
        level, depth, count = [who], 0, 0
        while level:
            depth, count = depth + 1, count + len(level)
            if depth > DEEPEST:
                raise ValueError(f"is nested too deeply; expected at most {DEEPEST} levels of conditions")
            if count > MOST_CONDITIONS:
                raise ValueError(f"is too large; expected at most {MOST_CONDITIONS:,} conditions")
            level = [child for each in level for child in _conditions_in(each)]
        return who


def _conditions_in(value: Any) -> list[Any]:
    """The conditions that a group or a score holds, before anything about them was checked."""
    if not isinstance(value, dict):
        return []
    groups = [value[word] for word in ("all", "any", "none") if isinstance(value.get(word), (list, tuple))]
    return [
        *(each for group in groups for each in group),
        *([value["fallback"]] if "fallback" in value else []),
    ]


def json_schema() -> dict[str, Any]:
    """The grammar as a JSON Schema, for editors; published as `docs/schemas/segment.json`."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return head | SegmentBody.model_json_schema(by_alias=True) | {"title": "A segment of Kith"}
