from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from kith.run import begin_run
from ml.contract import Lesson
from ml.outreach.history import History
from tests.unit.ml.outreach.world import HORIZON, Tables

MOMENT = datetime(2026, 5, 1, 8, tzinfo=UTC)


@pytest.fixture
def tables():
    return Tables()


@pytest.fixture
def lesson(settings, clock, tables):
    """Writes the tables as those of a run, and answers a lesson on it."""

    def told(terms=None, as_of=MOMENT):
        run = begin_run(settings, clock, as_of=MOMENT)
        tables.write(run.path)
        definition = SimpleNamespace(body=terms, name="x", version="v")
        return Lesson(settings, run, definition, as_of, seed=1)  # pyright: ignore[reportArgumentType]

    return told


@pytest.fixture
def history(lesson):
    """What a history reads from the tables."""

    def read(as_of=MOMENT, horizon: timedelta = HORIZON):
        return History(lesson(as_of=as_of), horizon, "marketing")

    return read
