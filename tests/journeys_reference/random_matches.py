"""What random journeys ask: events that match, properties, attributes."""

from __future__ import annotations

from random import Random

from activation.journeys.graph import AttributeCondition, EventMatch, PropertyFilter

EVENTS = ("Cart Viewed", "Order Completed", "Product Viewed", "Logged In")


def random_match(r: Random, names: tuple[str, ...] = EVENTS) -> EventMatch:
    filters: list[PropertyFilter] = []
    if r.random() < 0.4:
        filters.append(r.choice(_FILTERS))
    return EventMatch(r.choice(names), tuple(filters))


_FILTERS = (
    PropertyFilter("total", "at_least", 5),
    PropertyFilter("total", "less", 7),
    PropertyFilter("total", "between", (2, 6)),
    PropertyFilter("total", "is", 3),
    PropertyFilter("total", "in", (1, 2, 3, 4)),
    PropertyFilter("kind", "is", "red"),
    PropertyFilter("kind", "is_not", "red"),
    PropertyFilter("kind", "not_in", ("red", "blue")),
    PropertyFilter("kind", "missing", True),
    PropertyFilter("kind", "contains", "re"),
    PropertyFilter("is_gift", "is", True),
)

ATTRIBUTES_ASKED = (
    AttributeCondition("level", "at_least", 4),
    AttributeCondition("level", "is", 3),
    AttributeCondition("level", "missing", True),
    AttributeCondition("city", "in", ("rome", "oslo")),
    AttributeCondition("city", "starts_with", "r"),
)
