"""What is learned from: randomised pairs of a person and a channel.

Somebody who could have been written to by e-mail or push, and got nothing, is a control of both: two pairs.
Whoever got the e-mail is a treated one of the e-mail alone.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from measurement.uplift_curves import Trial

if TYPE_CHECKING:
    import numpy as np

    Floats = np.ndarray[Any, np.dtype[np.float64]]

DAY = 86_400_000_000


@dataclass(frozen=True)
class Pairs:
    """n rows in order of `assigned_at` (datetime64[us]).

    `propensity` is that of treatment, given treatment by this channel or control. `outcome` is 1 where an
    order followed within the horizon, `amount` the money of all that did, `delay_days` the time to the first
    one (NaN: none). `other_arm` is the arm of the person's next assignment inside the horizon: 1 treated,
    0 control, NaN none. `values` is n × columns (NaN: unknown), as of `assigned_at`.
    """

    profiles: Any
    experiments: Any
    channels: Any
    assigned_at: Any
    is_treated: Any
    propensity: Floats
    outcome: Floats
    amount: Floats
    delay_days: Floats
    other_arm: Floats
    values: Floats
    columns: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.profiles)

    def take(self, chosen: np.ndarray) -> Pairs:
        """The rows that a mask or an index chooses."""
        parts = {each.name: getattr(self, each.name) for each in fields(self)}
        columns = parts.pop("columns")
        return Pairs(**{name: values[chosen] for name, values in parts.items()}, columns=columns)

    def column(self, name: str) -> Floats:
        """The values of one feature."""
        return self.values[:, self.columns.index(name)]

    def trial(self, outcome: Floats | None = None) -> Trial:
        """The rows as the curves take them; another `outcome` may stand in."""
        import numpy as np

        persons = np.unique(self.profiles, return_inverse=True)[1]
        chosen = self.outcome if outcome is None else outcome
        return Trial(self.is_treated, self.propensity, chosen, persons)
