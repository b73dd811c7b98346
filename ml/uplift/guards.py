"""What would make effects a fiction: each is refused, with counts.

Randomisation can be checked: before the assignment, nothing may tell the arms apart. All tests weigh rows by
one over their propensity and take people, not rows, as independent; `FAR` standard errors are beyond chance
(one in 1.7 million for each of some forty columns).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml.contract import NotTrainable

if TYPE_CHECKING:
    from ml.uplift.pairs import Floats, Pairs

FAR = 5.0


def refuse_broken_trials(pairs: Pairs, horizon_days: float) -> None:
    """All guards, the plainest first. Raises NotTrainable."""
    refuse_missing_arms(pairs)
    refuse_early_outcomes(pairs, horizon_days)
    refuse_uneven_arms(pairs)
    refuse_leaks(pairs)
    refuse_linked_arms(pairs)


def refuse_missing_arms(pairs: Pairs) -> None:
    """An effect is a difference: there have to be people of both arms."""
    treated = int(pairs.is_treated.sum())
    control = len(pairs) - treated
    if not treated or not control:
        missing = "control" if treated else "treated"
        raise NotTrainable(
            f"{treated} treated and {control} control assignments: without {missing} people no effect can be told"
        )


def refuse_early_outcomes(pairs: Pairs, horizon_days: float) -> None:
    """An outcome follows its assignment, within the horizon."""
    import numpy as np

    ordered = pairs.outcome > 0
    early = int((pairs.delay_days < 0).sum())
    late = int((pairs.delay_days >= horizon_days).sum())
    unfounded = int((ordered & np.isnan(pairs.delay_days)).sum())
    if early or late or unfounded:
        raise NotTrainable(
            f"of {int(ordered.sum())} outcomes {early} came before the assignment, {late} after the horizon, "
            f"{unfounded} at no known time"
        )


def refuse_uneven_arms(pairs: Pairs) -> None:
    """As many were treated as the logged propensities say (a sample ratio mismatch, in each channel)."""
    import numpy as np

    for channel in np.unique(pairs.channels).tolist():
        rows = pairs.take(pairs.channels == channel)
        distance = _clustered(rows, rows.is_treated - rows.propensity)
        if abs(distance) > FAR:
            raise NotTrainable(
                f"{int(rows.is_treated.sum())} of {len(rows)} {channel} assignments were treated where their "
                f"propensities say {rows.propensity.sum():.0f} ({abs(distance):.1f} standard errors): "
                "the logged propensities are wrong"
            )


def refuse_leaks(pairs: Pairs) -> None:
    """No feature knows the arm, neither by its values nor by where it is unknown."""
    import numpy as np

    for name, values in zip(pairs.columns, pairs.values.T, strict=True):
        unknown = np.isnan(values)
        for told, what in (
            (_ranks(np.where(unknown, np.nanmin(values, initial=0.0) - 1, values)), "values"),
            (unknown.astype(float), "gaps"),
        ):
            distance = imbalance(pairs, told)
            if abs(distance) > FAR:
                raise NotTrainable(
                    f"the {what} of the feature {name} know the arm ({abs(distance):.1f} standard errors apart "
                    f"in {len(pairs)} assignments): it looked past them"
                )


def refuse_linked_arms(pairs: Pairs) -> None:
    """Windows may overlap as long as each assignment is drawn anew: later messages then fall on both arms
    alike. Where the next arm depends on this one, nobody can tell whose effect it is."""
    import numpy as np

    overlapping = pairs.take(~np.isnan(pairs.other_arm))
    if not len(overlapping):
        return
    distance = imbalance(overlapping, overlapping.other_arm)
    if abs(distance) > FAR:
        raise NotTrainable(
            f"{len(overlapping)} of {len(pairs)} assignments have another one within their window, whose arm "
            f"depends on theirs ({abs(distance):.1f} standard errors): the effects can't be told apart"
        )


def imbalance(pairs: Pairs, values: Floats) -> float:
    """How many standard errors the weighted means of the arms lie apart; 0 where nothing varies."""
    import numpy as np

    if values.std() == 0:
        return 0.0
    weight = np.where(pairs.is_treated, 1 / pairs.propensity, -1 / (1 - pairs.propensity))
    return _clustered(pairs, weight * (values - values.mean()))


def _clustered(pairs: Pairs, parts: Floats) -> float:
    """The sum of parts that add up to 0 on average, in standard errors over people."""
    import numpy as np

    persons = np.unique(pairs.profiles, return_inverse=True)[1]
    sums = np.bincount(persons, weights=parts)
    error = float(np.sqrt((sums**2).sum()))
    return float(sums.sum()) / error if error > 0 else 0.0


def _ranks(values: Floats) -> Floats:
    """Ranks, the mean one for equal values: what lies far out counts no more than its place."""
    import numpy as np

    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(count) - (count + 1) / 2)[place]
