"""The lesson that a run gives to the model of a prediction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from kith.definitions import Definition
from kith.ids import stable_id
from kith.run import Run
from kith.settings import Settings
from ml.contract import Lesson


def lesson_of(
    settings: Settings,
    run: Run,
    definition: Definition[Any],
    *,
    as_of: datetime | None = None,
    advance: Callable[[float], None] = lambda share: None,
) -> Lesson:
    """What is known at the run's instant, or earlier. Equal definitions on equal rows give equal models."""
    seed = int(stable_id(definition.name, definition.version, "seed")[:8], 16) % 2**31
    return Lesson(settings, run, definition, as_of or run.as_of, seed, advance)
