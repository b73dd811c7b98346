"""How fast the domains behind an address may be written to, as a table tells."""

from collections.abc import Sequence

from activation.routing.buckets import Limit, Limits, unlimited
from activation.routing.table import DomainRule

ANY = "*"


def domain_limits(rules: Sequence[DomainRule]) -> Limits:
    """The bound of an address by its domain: those that one rule names share it, under `*` each has one of its own."""
    if not rules:
        return unlimited
    named = {
        domain: Limit(rule.domains[0], rule.per_second, rule.burst or max(rule.per_second, 1.0))
        for rule in rules
        for domain in rule.domains
    }
    other = named.pop(ANY, None)

    def limit_of(address: str) -> Limit | None:
        domain = address.rpartition("@")[2].casefold().rstrip(".")
        found = named.get(domain)
        if found is not None or other is None:
            return found
        return Limit(domain, other.per_second, other.burst)

    return limit_of
