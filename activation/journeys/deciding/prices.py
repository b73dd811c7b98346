"""What a message costs by channel, as definitions/routing says it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from activation.routing.table import KIND, RoutingTable, Vendor, table_of
from kith.definitions import definition_files
from kith.settings import Settings


def load_prices(settings: Settings) -> Mapping[tuple[str, str], Decimal]:
    """The price of one message by (channel, currency); a channel of whose vendors none states a cost has none.

    Where vendors share by weight it is their mean; where the cheapest is taken, the least. Which country a message goes
    to isn't looked at: a vendor counts at its cost for all countries, or the highest of those that it states.
    """
    prices: dict[tuple[str, str], Decimal] = {}
    for path in definition_files(settings, KIND):
        table = table_of(settings, path.stem)
        for currency in sorted({each.currency for each in table.vendors if each.cost}):
            vendors = [each for each in table.vendors if each.cost and each.currency == currency]
            prices[path.stem, currency] = _price(table, vendors)
    return prices


def _price(table: RoutingTable, vendors: Sequence[Vendor]) -> Decimal:
    costs = [each.cost.get("*", max(each.cost.values())) for each in vendors]
    if table.choose == "cost":
        return min(costs)
    weights = [Decimal(str(each.weight)) for each in vendors]
    return sum((cost * weight for cost, weight in zip(costs, weights, strict=True)), Decimal(0)) / sum(
        weights
    )
