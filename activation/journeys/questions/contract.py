"""What a kind of condition tells the engine.

Its SELECT reads `asked (enrolment UUID, person UUID, graph INTEGER, "at" BIGINT, condition INTEGER)`, one row per
enrolment and condition, and answers (enrolment, condition) for those of whom the condition holds, in any number of
rows. Whether a condition is wanted to hold, or not to, is the branch's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from activation.journeys.moves.contract import Codes


@dataclass(frozen=True)
class Question:
    """One kind of condition: the relation `<name>` of all such conditions, and the SELECT over it."""

    condition: type[Any]
    name: str
    columns: str
    row: Callable[[Any, Codes], tuple[Any, ...]]
    held: str
