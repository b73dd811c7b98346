"""What we sent people, what they answered, and when they came by themselves: read once, as arrays.

People are numbered by their profile's id. All is point-in-time: an act counts from when it was learned, an answer
if it was learned within the horizon, and each row carries what was known when it happened. Opens and clicks that
the warehouse gives to a machine are no answers, machines' visits no acts, and a visit that a message led to isn't
a time of somebody's own choosing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from kith.times import to_utc_naive
from kith.warehouse import Warehouse, literal
from ml.contract import Lesson
from ml.outreach.sql import ACTS, ASSIGNMENTS, MESSAGES, PEOPLE, REACHABLE

if TYPE_CHECKING:
    import numpy as np


class _Rows:
    """Columns of one length, taken together."""

    def take(self, chosen: np.ndarray) -> Self:
        """The rows that a mask or indices choose."""
        return type(self)(*(getattr(self, each.name)[chosen] for each in fields(self)))  # pyright: ignore[reportArgumentType]


@dataclass(frozen=True)
class People(_Rows):
    """n people: the profile, the time zone that is gone by, and whether it is the profile's own."""

    profile_id: np.ndarray
    zone: np.ndarray
    has_zone: np.ndarray

    def __len__(self) -> int:
        return len(self.profile_id)


@dataclass(frozen=True)
class Acts(_Rows):
    """n visits of people's own accord: whose, when (UTC), when learned, and the local hour and weekday (0 Monday)."""

    person: np.ndarray
    acted_at: np.ndarray
    learned_at: np.ndarray
    hour: np.ndarray
    weekday: np.ndarray

    def __len__(self) -> int:
        return len(self.person)


@dataclass(frozen=True)
class Messages(_Rows):
    """n messages that reached a mailbox or device, in order of sending (UTC).

    `is_opened` and `is_clicked` tell of people alone, within the horizon. `silent_days` went by since the last own
    visit known then (NaN without one), `heard` counts the messages of the fortnight before by the same channel.
    """

    person: np.ndarray
    channel: np.ndarray
    campaign: np.ndarray
    sent_at: np.ndarray
    hour: np.ndarray
    weekday: np.ndarray
    is_opened: np.ndarray
    is_clicked: np.ndarray
    silent_days: np.ndarray
    heard: np.ndarray

    def __len__(self) -> int:
        return len(self.person)

    def answered_by(self, moment: np.datetime64, horizon: np.timedelta64) -> Messages:
        """Those whose time for an answer was over at an instant."""
        import numpy as np

        return self.take(np.asarray(self.sent_at + horizon <= moment))


@dataclass(frozen=True)
class Assignments(_Rows):
    """n times that chance chose a channel (or none) for somebody: the arm, how likely it was, what came of it."""

    person: np.ndarray
    arm: np.ndarray
    propensity: np.ndarray
    assigned_at: np.ndarray
    is_clicked: np.ndarray
    silent_days: np.ndarray
    allowed: np.ndarray

    def __len__(self) -> int:
        return len(self.person)


class History:
    """The tables of a run as `lesson.as_of` knew them. Use as a context manager."""

    def __init__(self, lesson: Lesson, horizon: timedelta, purpose: str) -> None:
        self.warehouse = Warehouse(lesson.settings)
        self.warehouse.attach_snapshot(lesson.run.snapshot)
        self.warehouse.attach_lake("reference")
        self.values: dict[str, Any] = {
            "as_of": to_utc_naive(lesson.as_of),
            "horizon": horizon,
            "purpose": purpose,
            "zone": lesson.settings.zone,
        }

    def __enter__(self) -> Self:
        for name, sql in (("people", PEOPLE), ("acts", ACTS), ("messages", MESSAGES)):
            self._make(name, sql)
        return self

    def __exit__(self, *_: object) -> None:
        self.warehouse.connection.close()

    def people(self) -> People:
        """Everybody who isn't a machine."""
        return People(**self._columns("SELECT profile_id, zone, has_zone FROM people ORDER BY person"))

    def acts(self) -> Acts:
        """Their own visits, by person and time."""
        names = ", ".join(each.name for each in fields(Acts))
        return Acts(**self._columns(f"SELECT {names} FROM acts ORDER BY person, acted_at"))

    def messages(self) -> Messages:
        """What reached them."""
        names = ", ".join(each.name for each in fields(Messages))
        return Messages(**self._columns(f"SELECT {names} FROM messages ORDER BY sent_at, message_id"))

    def assignments(self, channels: Sequence[str]) -> Assignments:
        """Past assignments by chance among these channels; `allowed` is n × channels, by what consent said then."""
        import numpy as np

        allowed = ", ".join(
            f"coalesce(list_contains(allowed, {literal(name)}), false) AS allowed_{place}"
            for place, name in enumerate(channels)
        )
        columns = self._columns(f"SELECT * EXCLUDE (allowed), {allowed} FROM ({ASSIGNMENTS})")
        flags = [columns.pop(f"allowed_{place}") for place in range(len(channels))]
        return Assignments(**columns, allowed=np.column_stack(flags))

    def reachable(self, channels: Sequence[str]) -> np.ndarray:
        """Whom each channel may and can be used for (people × channels)."""
        import numpy as np

        found = np.zeros((int(self.warehouse.value("SELECT count(*) FROM people")), len(channels)), bool)
        columns = self._columns(REACHABLE)
        for place, name in enumerate(channels):
            found[columns["person"][columns["channel"] == name], place] = True
        return found

    def _make(self, name: str, sql: str) -> None:
        used = {key: value for key, value in self.values.items() if f"${key}" in sql}
        self.warehouse.connection.execute(f"CREATE TEMP TABLE {name} AS {sql}", used)

    def _columns(self, sql: str) -> dict[str, np.ndarray]:
        used = {key: value for key, value in self.values.items() if f"${key}" in sql}
        table = self.warehouse.arrow(sql, used)
        return {name: table[name].to_numpy(zero_copy_only=False) for name in table.column_names}


def instant(moment: datetime) -> np.datetime64:
    """An instant as arrays hold it: UTC, microseconds."""
    import numpy as np

    return np.datetime64(to_utc_naive(moment), "us")


def days_until(moment: np.datetime64, since: np.ndarray) -> np.ndarray:
    """Days (n) from each instant to a later one."""
    import numpy as np

    return np.asarray((moment - since) / np.timedelta64(1, "D"), float)  # pyright: ignore[reportOperatorIssue]
