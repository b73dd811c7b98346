"""How good effects are on later campaigns: Qini and AUUC, beside what ranks without effects."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

from measurement.uplift_curves import Areas, Trial, areas, average_effect, qini_curve, uplift_curve

if TYPE_CHECKING:
    from ml.uplift.pairs import Floats, Pairs

#: The effect that would be found in four of five trials of this size, in standard errors (two-sided 5 %).
DETECTABLE = NormalDist().inv_cdf(0.975) + NormalDist().inv_cdf(0.8)

#: Groups of equally many pairs in the table of effects told and found.
GROUPS = 5

#: Where the Qini curve is kept, in per cent of the people written to. At 0 it is 0.
CURVE_AT = tuple(range(10, 101, 10))


@dataclass(frozen=True)
class Bench:
    """The judging rows: the trial, its outcomes less what was expected of each person whatever the arm, and
    the seed of the resamples, so that all who are judged here meet the same ones."""

    pairs: Pairs
    expected: Floats
    seed: int

    @property
    def trial(self) -> Trial:
        """Outcomes as orders per person, less what was expected."""
        return self.pairs.trial().less(self.expected)

    def metrics(self, scores: Floats) -> dict[str, float]:
        """The figures of one ranking. `qini` and `auuc` are orders more per assignment, `qini_amount` money."""
        return self.told(scores, self.areas(scores))

    def told(self, scores: Floats, found: Areas) -> dict[str, float]:
        """The same where the areas are known already."""
        amount = qini_curve(scores, self.pairs.trial(self.pairs.amount)).area_above_random
        return _bounds(found) | {"qini_amount": amount} | self._curve(scores)

    def rule(self, scores: Floats) -> dict[str, float]:
        """The figures of a rule of thumb, without intervals."""
        return {
            "qini": qini_curve(scores, self.trial).area_above_random,
            "auuc": uplift_curve(scores, self.trial).area,
            "qini_amount": qini_curve(scores, self.pairs.trial(self.pairs.amount)).area_above_random,
        } | self._curve(scores)

    def _curve(self, scores: Floats) -> dict[str, float]:
        """`qini_at_010` … `qini_at_100`: the Qini curve in long form, so that a page can draw it without MLflow."""
        import numpy as np

        curve = qini_curve(scores, self.trial)
        return {
            f"qini_at_{share:03d}": float(np.interp(share / 100, curve.shares, curve.gains))
            for share in CURVE_AT
        }

    def areas(self, scores: Floats) -> Areas:
        """Qini and AUUC with their intervals; all rankings meet the same resamples."""
        return areas(scores, self.trial, self.seed)

    def size(self) -> dict[str, float]:
        """The effect of being written to at all, and the smallest that so many people could show."""
        effect, error = average_effect(self.trial)
        return {
            "average_effect": effect,
            "average_effect_error": error,
            "detectable_effect": DETECTABLE * error,
            "treated_rows": float(self.pairs.is_treated.sum()),
            "control_rows": float((~self.pairs.is_treated).sum()),
        }

    def by_channel(self, scores: Floats) -> list[dict[str, Any]]:
        """The figures of each channel alone."""
        import numpy as np

        found: list[dict[str, Any]] = []
        for channel in np.unique(self.pairs.channels).tolist():
            mine = self.pairs.channels == channel
            bench = Bench(self.pairs.take(mine), self.expected[mine], self.seed)
            found.append({"channel": channel, **bench.size(), **bench.metrics(scores[mine])})
        return found

    def groups(self, scores: Floats) -> list[dict[str, float]]:
        """Groups by effect told, the greatest first: what was told, what was found, and its standard error."""
        import numpy as np

        order = np.argsort(-scores, kind="stable")
        return [
            self._group(number, part, scores) for number, part in enumerate(np.array_split(order, GROUPS))
        ]

    def told_and_found(self, scores: Floats) -> dict[str, float]:
        """`group_1_told`, `group_1_found`, `group_1_error` …: the groups in long form."""
        return {
            f"group_{each['group']}_{part}": each[part]
            for each in self.groups(scores)
            for part in ("told", "found", "error")
        }

    def _group(self, number: int, part: Any, scores: Floats) -> dict[str, float]:
        effect, error = average_effect(self.pairs.take(part).trial().less(self.expected[part]))
        told = float(scores[part].mean())
        return {"group": number + 1, "rows": len(part), "told": told, "found": effect, "error": error}


def _bounds(found: Areas) -> dict[str, float]:
    return {
        f"{name}{bound}": getattr(estimate, part)
        for name, estimate in vars(found).items()
        for bound, part in (("", "value"), ("_lower", "lower"), ("_upper", "upper"))
    }


def more_qini(one: Areas, other: Areas, rule: str) -> dict[str, float]:
    """How much more Qini a ranking has than a rule's, with its interval over the same people."""
    both = one.qini.less(other.qini)
    name = f"qini_over_{rule}"
    return {name: both.value, f"{name}_lower": both.lower, f"{name}_upper": both.upper}
