"""A new sender is trusted little: so many messages on its first day, more on each further one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from activation.routing.table import WarmUp

#: How many a vendor may take on a day; None where there is no bound.
Allowance = Callable[[date], int | None]


def allowance(schedule: WarmUp) -> Allowance:
    """By the schedule: `first_day × growth^n` on day n, nothing before it begins, unbounded once `full` is reached."""

    def allowed(day: date) -> int | None:
        number = (day - schedule.since).days
        if number < 0:
            return 0
        # A power that overflows is past every bound.
        planned = schedule.first_day * schedule.growth ** min(number, 1_000)
        return None if planned >= schedule.full else int(planned)

    return allowed


@dataclass
class Quota:
    """What is left of a vendor's days (UTC). `taken` counts those of `day`, with what all workers had taken when this
    one began: two at once may pass a bound by what the other took since.
    """

    allowed: Allowance
    day: date
    taken: int = 0

    def room(self, now: datetime) -> bool:
        """Whether one more may go today."""
        self._turn(now)
        bound = self.allowed(self.day)
        return bound is None or self.taken < bound

    def take(self) -> None:
        self.taken += 1

    def waits(self, now: datetime) -> float:
        """Seconds until tomorrow."""
        midnight = datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), time(), UTC)
        return (midnight - now).total_seconds()

    def _turn(self, now: datetime) -> None:
        today = now.astimezone(UTC).date()
        if today != self.day:
            self.day, self.taken = today, 0
