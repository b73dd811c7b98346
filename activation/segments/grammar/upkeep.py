"""How a segment is kept: when it is evaluated, and what would be too large a step for its audience."""

from __future__ import annotations

import re
from datetime import time
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, WithJsonSchema

from activation.segments.grammar.comparisons import Strict

EACH_RUN = "each run"
_DAILY = re.compile(r"daily ([01][0-9]|2[0-3]):([0-5][0-9])")


def _known_time(text: str) -> str:
    if text != EACH_RUN and not _DAILY.fullmatch(text):
        raise ValueError(f"'{text}' is no time of evaluation; expected 'daily 06:00' or '{EACH_RUN}'")
    return text


Evaluate = Annotated[
    str,
    AfterValidator(_known_time),
    WithJsonSchema({"type": "string", "pattern": f"^({EACH_RUN}|{_DAILY.pattern})$"}),
]


def hour_of(evaluate: str) -> time | None:
    """The local time of day at which a segment is evaluated, None for each run."""
    found = _DAILY.fullmatch(evaluate)
    return time(int(found[1]), int(found[2])) if found else None


class Guard(Strict):
    """What holds an audience until somebody confirms it: growth to more than `jump` times its size, or a fall
    to zero. An audience smaller than `floor` counts as that large, and may fall to zero. What isn't told is
    the workspace's."""

    jump: float | None = Field(None, gt=1, allow_inf_nan=False)
    floor: int | None = Field(None, ge=0)


Guarded = Guard | Literal[False] | None
