"""What the workspace says about every message: caps, quiet hours, the global holdout, budgets, the slot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from pydantic import Field

from activation.gates._caps import Cap
from activation.journeys.deciding.budgets import KIND as BUDGETS
from activation.journeys.deciding.budgets import Budget
from activation.journeys.deciding.holdout import KIND as HOLDOUTS
from activation.journeys.deciding.holdout import GlobalHoldout
from activation.journeys.deciding.prices import load_prices
from activation.journeys.deciding.quiet_hours import KIND as QUIET_HOURS
from activation.journeys.deciding.quiet_hours import QuietHours, closing
from activation.journeys.graph import Graph, Message
from kith.definitions import load_kind
from kith.settings import Section, Settings, read_section

MILLION = 1_000_000


class DecisionSettings(Section, prefix="KITH_DECISIONS_"):
    """`slot_seconds`: marketing messages are decided at multiples of it; 0 is none."""

    slot_seconds: float = Field(default=0, ge=0, le=86_400)


@dataclass(frozen=True)
class Policy:
    """Everything that decisions read beside the journeys' own graphs.

    `slot`: decisions happen at multiples of it (microseconds since 1970); 1 is none. `zone` is the workspace's, by
    whose calendar budgets are counted. `prices` says what a message costs by (channel, currency).
    """

    caps: Mapping[str, Cap] = field(default_factory=dict)
    quiet_hours: tuple[QuietHours, ...] = ()
    holdout: GlobalHoldout | None = None
    budgets: tuple[Budget, ...] = ()
    slot: int = 1
    zone: str = "UTC"
    prices: Mapping[tuple[str, str], Decimal] = field(default_factory=dict)

    def quiet_quarters(self, channels: Iterable[str]) -> frozenset[int]:
        """When a message that any of these channels may carry has to wait: whichever of them says so."""
        asked = tuple(channels)
        found = [each.quarters() for each in self.quiet_hours if each.binds(asked)]
        return frozenset().union(*found)

    def price(self, channel: str, budget: Budget) -> int:
        """What a message takes of a budget: 1, or millionths of its money."""
        if budget.money is None:
            return 1
        return int(self.prices.get((channel, budget.money[1]), Decimal(0)) * MILLION)

    def limit(self, budget: Budget) -> int:
        """The whole of a budget, as `price` counts it."""
        return int(budget.money[0] * MILLION) if budget.money else budget.at_most or 0


def load_policy(settings: Settings) -> Policy:
    """The workspace's definitions of these kinds; the first mistake is an error that names file, line and field."""
    quiet = load_kind(settings, QUIET_HOURS, QuietHours)
    holdouts = load_kind(settings, HOLDOUTS, GlobalHoldout)
    if len(holdouts) > 1:
        raise holdouts[1].error("is a second global holdout", expected="one file in definitions/holdouts")
    policy = Policy(
        caps={
            each.name: each.body.model_copy(update={"name": each.name})
            for each in load_kind(settings, "caps", Cap)
        },
        quiet_hours=tuple(each.body for each in quiet),
        holdout=holdouts[0].body if holdouts else None,
        budgets=tuple(
            each.body.model_copy(update={"name": each.name}) for each in load_kind(settings, BUDGETS, Budget)
        ),
        slot=max(int(read_section(DecisionSettings).slot_seconds * MILLION), 1),
        zone=settings.zone,
        prices=load_prices(settings),
    )
    named = {channel for each in policy.quiet_hours if each.channels != "all" for channel in each.channels}
    try:
        closing(policy.quiet_quarters(named))
    except ValueError as error:
        raise quiet[-1].error(
            f"with the others, quiet hours {error}", expected="some time of the week"
        ) from None
    return policy


def with_throttles(policy: Policy, graphs: Iterable[Graph]) -> Policy:
    """The policy and, beside it, the throttles that journeys put around messages of their own."""
    asked = {
        (graph.journey, tag, node.rate)
        for graph in graphs
        for node in graph.nodes
        if isinstance(node, Message) and node.rate
        for tag in node.tags
        if tag.startswith("throttle:")
    }
    own = tuple(
        Budget(name=tag.removeprefix("throttle:"), journeys=(journey,), tags=(tag,), rate=rate)
        for journey, tag, rate in sorted(asked)
    )
    return replace(policy, budgets=(*policy.budgets, *own))
