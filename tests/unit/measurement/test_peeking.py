"""Daily looks at a campaign over sixty days: one world's assignments, its outcomes drawn again and again.

People enter over two months, are held out by the hash that campaigns use, and buy with a delay within a week of their
decision, as habits make them. Each evening the intervals of that day are computed from all who entered so far,
results still coming in. A campaign errs if the truth lies outside of any evening's interval.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from kith.ids import share
from measurement.covariates import PairedSums, adjusted_sequence
from measurement.intervals import confidence_sequence, newcombe
from measurement.sums import Sums

DAYS, WINDOW, PEOPLE, HOLDOUT = 60, 7, 4_000, 0.1
SAMPLE, FULL = 200, 10_000


class World:
    """Who entered when, on which side, and what they had bought before."""

    def __init__(self, seed: int) -> None:
        chance = np.random.default_rng(seed)
        self.held = np.array(
            [share(f"person-{seed}-{n}", "holdout:winback") < HOLDOUT for n in range(PEOPLE)]
        )
        self.entered = chance.integers(0, DAYS, PEOPLE)
        self.habit = (chance.random(PEOPLE) < 0.3).astype(float)

    def evenings(self, chance: np.random.Generator, effect: float) -> Iterator[tuple[PairedSums, PairedSums]]:
        """The sums of both arms at the end of each day, in one draw of what people did."""
        rate = 0.06 + 0.2 * self.habit + effect * ~self.held
        bought = chance.random(PEOPLE) < rate
        on = np.where(bought, self.entered + chance.integers(0, WINDOW, PEOPLE), DAYS + WINDOW)
        arms = [self._arm(side, on) for side in (~self.held, self.held)]
        for day in range(DAYS + WINDOW):
            treated, holdout = (_sums(columns, day) for columns in arms)
            yield treated, holdout

    def _arm(self, side: np.ndarray, on: np.ndarray) -> list[np.ndarray]:
        """People, buyers, those with the habit, and buyers with it, by the evening they first count."""
        length = DAYS + WINDOW + 1
        entered, habit = self.entered[side], self.habit[side]
        parts = ((entered, None), (on[side], None), (entered, habit), (on[side], habit))
        return [np.bincount(day, weights=weight, minlength=length).cumsum() for day, weight in parts]


def _sums(columns: list[np.ndarray], day: int) -> PairedSums:
    people, bought, habit, both = (float(column[day]) for column in columns)
    return PairedSums(Sums(int(people), bought, bought), Sums(int(people), habit, habit), both)


def missed(world: World, effect: float, draws: int, seed: int) -> dict[str, float]:
    """The share of draws in which some evening's interval left the truth out, by kind of interval."""
    chance, wrong = np.random.default_rng(seed), {"plain": 0, "adjusted": 0, "one look": 0}
    for _ in range(draws):
        seen = dict.fromkeys(wrong, False)
        for treated, holdout in world.evenings(chance, effect):
            plain = confidence_sequence(treated.outcome, holdout.outcome, is_rate=True)
            found = adjusted_sequence(treated, holdout, is_rate=True)
            fixed = newcombe(treated.outcome, holdout.outcome)
            for name, interval in (
                ("plain", plain),
                ("adjusted", found.interval if found else None),
                ("one look", fixed),
            ):
                seen[name] |= interval is not None and not interval.lower <= effect <= interval.upper
        wrong = {name: wrong[name] + seen[name] for name in wrong}
    return {name: count / draws for name, count in wrong.items()}


@pytest.mark.parametrize("effect", [0.0, 0.04], ids=["A/A", "an effect"])
def test_lift__errs_no_oftener_than_it_says_under_daily_looks(effect: float) -> None:
    found = missed(World(1), effect, SAMPLE, seed=2)
    assert found["plain"] <= _bound(SAMPLE), found
    assert found["adjusted"] <= _bound(SAMPLE), found
    assert found["one look"] > 0.15, "looking daily at an interval for one look would err far oftener"


@pytest.mark.soak
@pytest.mark.timeout(7_200)
@pytest.mark.parametrize("world", range(5))
def test_lift__errs_no_oftener_than_it_says__soak(strikes: int | None, world: int) -> None:
    """10,000 draws over one world's assignments, and as many over four further worlds."""
    draws = strikes or FULL
    for effect in (0.0, 0.04):
        found = missed(World(world), effect, draws, seed=100 + world)
        print(f"world {world}, effect {effect}: {draws} draws, missed {found}")
        assert found["plain"] <= _bound(draws), found
        assert found["adjusted"] <= _bound(draws), found


def _bound(draws: int) -> float:
    """What a share of 5 % may come to in so many draws, but for one time in forty."""
    return 0.05 + 2 * (0.05 * 0.95 / draws) ** 0.5
