"""Who of an audience may be written to, channel by channel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from activation.addresses import REACHED_BY
from activation.segments.audience import Bits, count_members
from activation.segments.bitsets.people import People
from activation.segments.columns.part import Part
from activation.segments.store.kept_population import KeptPopulation
from activation.segments.terms import AttributeTerm, Comparison, ConsentTerm, Kind

PURPOSE = "marketing"


@dataclass(frozen=True)
class Reach:
    """Of the members, how many gave consent on a channel, and how many of those have an address for it."""

    channel: str
    consented_count: int
    reachable_count: int


def reach_of(population: KeptPopulation, bits: Bits) -> Iterator[Reach]:
    """By channel on which anybody consented: of the members who did, and who has an address."""
    terms = asked_of(population)
    told = dict(People(population, Part(population.size)).judge(terms))
    addresses = {term.attribute: told[term] for term in terms if isinstance(term, AttributeTerm)}
    for term in terms:
        if isinstance(term, ConsentTerm):
            consented = bits & told[term]
            known = addresses.get(REACHED_BY.get(term.channel, ""))
            if count := count_members(consented):
                reachable = consented if known is None else consented & known
                yield Reach(term.channel, count, count_members(reachable))


def asked_of(population: KeptPopulation) -> list[ConsentTerm | AttributeTerm]:
    """What is to be known: each channel's consent, and whether there is an address, where profiles have one."""
    kinds, channels = population.world.catalogue.attributes, population.consented_channels(PURPOSE)
    names = dict.fromkeys(name for each in channels if (name := REACHED_BY.get(each, "")) in kinds)
    consents = [ConsentTerm(PURPOSE, each, "granted") for each in channels]
    return [*consents, *(AttributeTerm(name, kinds[name], _is_there(kinds[name])) for name in names)]


def _is_there(kind: Kind) -> Comparison:
    """An address of its own is a column; whether there is a device or a chat is told as yes or no."""
    return Comparison("is", (True,)) if kind is Kind.BOOLEAN else Comparison("missing", (False,))
