"""Which vendor of those that serve an address is asked first."""

import math
from collections.abc import Mapping, Sequence

from activation.routing.contract import Passage, Trail
from activation.routing.countries import NOWHERE, country_of
from activation.routing.health import Health
from activation.routing.table import RoutingTable, Vendor
from kith.ids import share

_UNKNOWN = Health()


class Selection:
    """The order of vendors under one table and what is known of their health."""

    def __init__(
        self, table: RoutingTable, health: Mapping[str, Health], address_types: Mapping[str, str]
    ) -> None:
        self.table, self._address_types = table, address_types
        self._asks_country = any(each.countries or len(each.cost) > 1 for each in table.vendors)
        self._by_country: dict[tuple[str, str], tuple[Vendor, ...]] = {}
        self._scores = {each.vendor: health.get(each.vendor, _UNKNOWN).score for each in table.vendors}
        self._health = health

    def country(self, address: str) -> str:
        """The country that matters here; empty where the table asks for none."""
        return country_of(address) if self._asks_country else NOWHERE

    def serving(self, passage: Passage) -> tuple[Vendor, ...]:
        """The vendors of its country and kind of address."""
        key = (self.country(passage.address), passage.address_type)
        found = self._by_country.get(key)
        if found is None:
            found = tuple(each for each in self.writing_to(passage.address_type) if _serves(each, key[0]))
            self._by_country[key] = found
        return found

    def writing_to(self, address_type: str) -> tuple[Vendor, ...]:
        """The vendors that write to this kind of address; all of them where it is not known."""
        theirs = self._address_types
        if address_type not in theirs.values():
            return self.table.vendors
        return tuple(
            each for each in self.table.vendors if theirs.get(each.vendor, address_type) == address_type
        )

    def order(self, passage: Passage, trail: Trail) -> Sequence[Vendor]:
        """All that may be asked, the first first. Empty where none serves the address or all are barred.

        Where an answer was lost only that vendor may be asked. Those that put the message off `moves_after` times come
        behind those that did not; then the healthy before the ailing; then by cost or by weight.
        """
        serving = self.serving(passage)
        if trail.pinned:
            return [each for each in serving if each.vendor == trail.pinned]
        if len(serving) == 1 and not trail.barred:
            return serving
        country = self.country(passage.address)
        open_to_it = [each for each in serving if each.vendor not in trail.barred]
        return sorted(open_to_it, key=lambda each: self._rank(each, passage.message_id, country, trail))

    def _rank(self, each: Vendor, message_id: str, country: str, trail: Trail) -> tuple[float, ...]:
        moved_from = trail.tried.count(each.vendor) // self.table.moves_after
        score = self._scores[each.vendor]
        is_ailing = score < self.table.least_score
        draw = -math.log(1.0 - share(message_id, f"vendor {each.vendor}")) / (each.weight * score)
        if self.table.choose == "weight":
            return (moved_from, is_ailing, draw)
        cost = self._health.get(each.vendor, _UNKNOWN).cost(each.stated_cost(country), each.currency)
        return (moved_from, is_ailing, math.inf if cost is None else cost / score, draw)


def _serves(vendor: Vendor, country: str) -> bool:
    return not vendor.countries or country in vendor.countries
