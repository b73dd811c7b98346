"""What a preview will ask for, read by the run that publishes it, so that the first one needn't wait."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow.parquet as pq

from activation.segments.columns.population import profile_files
from activation.segments.in_force import read_in_force
from activation.segments.reach import asked_of
from activation.segments.store.kept_columns import open_columns
from activation.segments.store.kept_population import KeptPopulation, kept_list_names, kept_population
from activation.segments.terms import (
    AttributeTerm,
    ConsentTerm,
    ListTerm,
    MemberTerm,
    ScoreTerm,
    Segment,
    ShareTerm,
    Term,
    terms_of,
)
from activation.segments.world import World
from kith.settings import Settings

#: Of fewer profiles a preview reads what it needs as quickly as it finds it.
WORTH_KEEPING = 100_000


def read_ahead(settings: Settings, world: World, segments: Iterable[Segment]) -> None:
    """Keep the columns that definitions ask for, and what every preview shows."""
    if sum(pq.read_metadata(each).num_rows for each in profile_files(world)) < WORTH_KEEPING:
        return
    population = kept_population(world, open_columns(settings, world.snapshot))
    kept_list_names(population.kept, world.relations)
    for term in {term for each in segments for term in terms_of(each.tree)}:
        _read(population, term)
    for term in asked_of(population):
        _read(population, term)
    population.in_chance_order()
    read_in_force(settings, population)


def _read(population: KeptPopulation, term: Term) -> None:
    match term:
        case AttributeTerm(attribute=name, kind=kind):
            population.attribute(name, kind)
        case ScoreTerm(model=model):
            population.scores(model)
        case ConsentTerm(purpose=purpose, channel=channel):
            population.consent(purpose, channel)
        case ListTerm():
            population.listed()
        case ShareTerm(salt=salt):
            population.buckets(salt)
        case MemberTerm(segment=name) if name in population.world.catalogue.analyst_segments:
            population.analyst_members(name)
        case _:
            pass
