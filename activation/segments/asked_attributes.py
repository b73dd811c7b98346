"""The computed attributes that segments ask for, as columns of a world's profiles."""

from __future__ import annotations

from collections.abc import Mapping

from activation.segments.computation import lay_computed
from activation.segments.computation.laying import widen_profiles
from activation.segments.terms import AttributeTerm, Segment, terms_of
from activation.segments.world import World


def lay_asked_attributes(world: World, segments: Mapping[str, Segment]) -> None:
    """Compute what the segments ask for and the world doesn't have yet; a workspace that asks for none pays nothing."""
    asked = {
        term.attribute
        for each in segments.values()
        for term in terms_of(each.tree)
        if isinstance(term, AttributeTerm) and term.attribute in world.computed
    }
    lay_attributes(world, asked)


def lay_attributes(world: World, names: set[str]) -> None:
    """Compute what is named and the world doesn't have yet."""
    if names <= world.laid:
        return
    world.laid.update(names)
    wanted = [each for name, each in world.computed.items() if name in world.laid]
    widen_profiles(world.warehouse, lay_computed(world.warehouse, wanted, world.as_of, world.zone))
