"""The stretch of time that models of outreach are judged on, walked through in steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from ml.contract import Lesson
from ml.outreach.history import instant

if TYPE_CHECKING:
    import numpy as np

    from ml.outreach.history import Messages

STEP_DAYS = 14


@dataclass(frozen=True)
class Window:
    """The last stretch of what is known: from `begin` to before `end`, when answers had `horizon` left to come in."""

    begin: np.datetime64
    end: np.datetime64
    horizon: np.timedelta64

    def steps(self) -> Iterator[tuple[np.datetime64, np.datetime64]]:
        """Its parts, one after the other."""
        import numpy as np

        start = self.begin
        while start < self.end:
            stop = min(start + np.timedelta64(STEP_DAYS, "D"), self.end)
            yield start, stop
            start = stop

    def known(self, messages: Messages, moment: np.datetime64) -> Messages:
        """Messages whose answers were all in at an instant."""
        return messages.answered_by(moment, self.horizon)

    def tested(self, messages: Messages) -> Messages:
        """Its messages."""
        return messages.take((messages.sent_at >= self.begin) & (messages.sent_at < self.end))


def last_window(lesson: Lesson, horizon: timedelta, days: int) -> Window:
    """The last so many days whose answers are known at `lesson.as_of`."""
    import numpy as np

    end = instant(lesson.as_of) - np.timedelta64(horizon)
    return Window(end - np.timedelta64(days, "D"), end, np.timedelta64(horizon))
