"""What a model of lifetime value gives: one file in `ml/lifetime/models/`, named after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ml.contract import Floats
    from ml.lifetime.kept import Kept
    from ml.lifetime.purchases import History

#: The interval between `value_low` and `value_high` is to hold this share of the outcomes.
COVERAGE = 0.8


@dataclass(frozen=True)
class Terms:
    """What is asked: the value of the `days` ahead, `discount` a year (0.1: ten per cent), chance by `seed`.

    `draws` possible futures a customer make the intervals; 0 leaves intervals out.
    """

    days: int
    discount: float = 0.0
    seed: int = 0
    draws: int = 0


@dataclass(frozen=True)
class Forecast:
    """Of each customer of a history (n): the expected value, and what the model can tell besides.

    `value` is money, discounted; `purchases` a mean count, `any_purchase` and `alive` probabilities, `spend`
    money per purchase. `value_low` and `value_high` hold the COVERAGE of possible futures between them.
    """

    value: Floats
    purchases: Floats | None = None
    any_purchase: Floats | None = None
    alive: Floats | None = None
    spend: Floats | None = None
    value_low: Floats | None = None
    value_high: Floats | None = None


class FittedLifetime(Protocol):
    """A model that has learned."""

    def forecast(self, history: History) -> Forecast:
        """For any history of the same shop, that of learning or a later one."""
        ...

    def told(self) -> Mapping[str, float]:
        """What it learned, for people: parameters, errors, sizes."""
        ...

    def kept(self) -> Kept:
        """All it takes to be restored."""
        ...


@dataclass(frozen=True)
class LifetimeModel:
    """A way to foresee value. `fit` learns from a history alone, for given terms; it raises KithError, with
    counts, where it can't. `restore` is the way back from `kept`. `is_baseline` marks the rules of thumb that a
    champion has to beat."""

    meaning: str
    fit: Callable[[History, Terms], FittedLifetime]
    restore: Callable[[Kept], FittedLifetime]
    is_baseline: bool = field(default=False)
