"""What a model of the next order gives: one file in `ml/next_order/models/`, named after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ml.lifetime.contract import Terms
    from ml.lifetime.kept import Kept
    from ml.lifetime.purchases import History
    from ml.next_order.outlook import Outlook


class FittedNextOrder(Protocol):
    """A model that has learned."""

    def outlook(self, history: History) -> Outlook:
        """For any history of the same shop, that of learning or a later one."""
        ...

    def told(self) -> Mapping[str, float]:
        """What it learned, for people: parameters, sizes."""
        ...

    def kept(self) -> Kept:
        """All it takes to be restored."""
        ...


@dataclass(frozen=True)
class NextOrderModel:
    """A way to foresee the day of the next order.

    `fit` learns from a history alone, for an outlook of `terms.days`; it raises KithError, with counts, where it
    can't. `restore` is the way back from `kept`. `is_baseline` marks the rules that a champion has to beat.
    """

    meaning: str
    fit: Callable[[History, Terms], FittedNextOrder]
    restore: Callable[[Kept], FittedNextOrder]
    is_baseline: bool = field(default=False)
