"""When the next order may come: the chance that it has come by each of some days ahead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ml.contract import Floats

#: Days at which a model says its chance; between them it rises evenly.
_DAYS = (1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60, 75, 90, 120, 150, 180, 240, 300, 365)


def days_ahead(days: int) -> Floats:
    """Those of the usual days that lie in an outlook of `days`, and its last."""
    import numpy as np

    return np.array([*(each for each in _DAYS if each < days), days], dtype=float)


@dataclass(frozen=True)
class Outlook:
    """n people: `chance` (n × g) that the next order has come within each of `days` (g, ascending).

    The last of the days ends the outlook. Whoever doesn't order until then isn't foreseen further, so all that
    is said of days counts them as the whole of it, or leaves them out, and says which.
    """

    days: Floats
    chance: Floats

    def __len__(self) -> int:
        return len(self.chance)

    @property
    def length(self) -> float:
        """Days of the outlook."""
        return float(self.days[-1])

    def within(self, days: float) -> Floats:
        """The chance of an order within `days`, at most the whole outlook (n)."""
        import numpy as np

        given, starts = self._from_today()
        at = int(np.clip(np.searchsorted(starts, days, side="left"), 1, len(self.days)))
        part = min((days - starts[at - 1]) / (starts[at] - starts[at - 1]), 1.0)
        return given[:, at - 1] + part * (given[:, at] - given[:, at - 1])

    def daily(self) -> Floats:
        """The chance of an order within 1, 2 … days (n × the outlook's length)."""
        import numpy as np

        given, starts = self._from_today()
        asked = np.arange(1, int(self.length) + 1)
        at = np.searchsorted(starts, asked, side="left")
        part = (asked - starts[at - 1]) / (starts[at] - starts[at - 1])
        return given[:, at - 1] + part * (given[:, at] - given[:, at - 1])

    def expected_days(self) -> Floats:
        """E[min(days until the order, outlook)] (n): who may not come at all is far away."""
        import numpy as np

        given, starts = self._from_today()
        return ((1 - (given[:, 1:] + given[:, :-1]) / 2) * np.diff(starts)).sum(axis=1)

    def quantile(self, share: float) -> Floats:
        """Days by which an order has come in `share` of the futures, the outlook's length where it hasn't (n)."""
        import numpy as np

        return self._crossing(np.full(len(self), share))

    def quantile_of_orders(self, share: float) -> Floats:
        """The same of the futures in which an order comes within the outlook at all (n); where there are none, the
        outlook's length."""
        import numpy as np

        ever = self.chance[:, -1]
        return np.where(ever > 0, self._crossing(share * ever), self.length)

    def _crossing(self, level: Floats) -> Floats:
        import numpy as np

        given, starts = self._from_today()
        at = (given < level[:, None]).sum(axis=1).clip(1, len(self.days))
        rows = np.arange(len(self))
        below, above = given[rows, at - 1], given[rows, at]
        rise = np.maximum(above - below, 1e-300)
        part = np.where(above > below, (level - below) / rise, 1.0).clip(0, 1)
        return starts[at - 1] + part * (starts[at] - starts[at - 1])

    def _from_today(self) -> tuple[Floats, Floats]:
        """Chance and days with today, of which nothing has come yet, in front."""
        import numpy as np

        return np.pad(self.chance, ((0, 0), (1, 0))), np.append(0.0, self.days)


def rising(chance: Floats) -> Floats:
    """Chances as numbers from 0 to 1 that never fall from one day to a later one (n × g)."""
    import numpy as np

    return np.maximum.accumulate(chance.clip(0, 1), axis=1)
