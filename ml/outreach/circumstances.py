"""What tells, besides the person, how likely an answer is: how long ago somebody was seen, how much they just heard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml.outreach.history import days_until

if TYPE_CHECKING:
    import numpy as np

    from ml.outreach.history import Acts, Messages

#: Columns by name, in the order of `circumstances`.
NAMES = ("silent_days", "never_seen", "heard")
_SECOND, _FORTNIGHT, _CENTURY = 1_000_000, 14 * 86_400, 100 * 366 * 86_400


def circumstances(silent_days: np.ndarray, heard: np.ndarray) -> np.ndarray:
    """n × 3: log days since the last own visit (0 where there is none), whether there is none, log messages heard
    in the fortnight before."""
    import numpy as np

    is_unknown = np.isnan(silent_days)
    silent = np.log1p(np.maximum(np.where(is_unknown, 0.0, silent_days), 0.0))
    return np.column_stack([silent, is_unknown.astype(float), np.log1p(heard)])


def one_hot(kind: np.ndarray, kinds: int) -> np.ndarray:
    """n × kinds: an intercept of each kind's own."""
    import numpy as np

    return np.eye(kinds)[kind]


def silent_days_at(acts: Acts, people: int, moment: np.datetime64) -> np.ndarray:
    """Days since each person's last own visit that was known by an instant; NaN without one."""
    import numpy as np

    known = acts.learned_at < moment
    age = days_until(moment, acts.learned_at[known])
    found = np.full(people, np.nan)
    np.fmin.at(found, acts.person[known], age)
    return found


def heard_before(messages: Messages, channel: str, person: np.ndarray, moment: np.ndarray) -> np.ndarray:
    """How many messages by a channel each person (n) got in the fortnight before an instant (n)."""
    import numpy as np

    own = messages.channel == channel
    whose, sent = messages.person[own].astype(np.int64), _seconds(messages.sent_at[own])
    order = np.lexsort((sent, whose))
    # One sorted axis for person and time: a century's seconds fit into it for a thousand million people.
    begin = sent.min(initial=0)
    keys = whose[order] * _CENTURY + (sent[order] - begin)
    at = np.clip(_seconds(moment) - begin, 0, _CENTURY - 1)
    since = np.maximum(at - _FORTNIGHT, 0)
    base = np.asarray(person, np.int64) * _CENTURY
    return (np.searchsorted(keys, base + at) - np.searchsorted(keys, base + since)).astype(float)


def _seconds(moment: np.ndarray) -> np.ndarray:
    import numpy as np

    return np.asarray(moment, "datetime64[us]").astype(np.int64) // _SECOND
