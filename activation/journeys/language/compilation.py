"""From a journey's file to its graph: loops written out, sub-journeys inlined, everything named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from activation.journeys.graph import EXIT, ExitRule, Graph
from activation.journeys.language.draft import Draft, reached
from activation.journeys.language.journey import JourneyBody
from activation.journeys.language.step import Place
from kith.definitions import Definition
from kith.errors import KithError
from kith.ids import stable_id

Parts = Mapping[str, Definition[JourneyBody]]


def compile_journey(
    definition: Definition[JourneyBody],
    zone: str = "UTC",
    all_caps: Sequence[str] = (),
    parts: Parts | None = None,
) -> Graph:
    """The graph of a definition. `zone` is the workspace's, `parts` the journeys that it may inline, by name.

    Raises KithError with file, line and field where what is written can't be run.
    """
    body, place = definition.body, Place(Draft({}), definition)
    if body.enter is None:
        raise part_alone(definition)
    draft, first = drafted(definition, parts or {})
    nodes, edges = reached(draft, first)
    enter = body.enter
    enter_from, enter_until = enter.span(place.below("enter"), zone)
    return Graph(
        journey=definition.name,
        version=_version(definition, draft),
        entry=enter.entry(place.below("enter"), zone),
        first=first,
        nodes=nodes,
        edges=edges,
        exits=_exits(body, place),
        reentry=enter.reentry(),
        holdout=body.holdout,
        caps=tuple(all_caps) if body.caps == "all" else body.caps,
        priority=body.priority,
        enter_from=enter_from,
        enter_until=enter_until,
    )


def drafted(definition: Definition[JourneyBody], parts: Parts) -> tuple[Draft, str]:
    """Every step as nodes, also those that nobody reaches, and where they begin."""
    place = Place(Draft(parts), definition)
    place.claim(definition.body.steps, "steps")
    return place.draft, place.block(definition.body.steps, EXIT, "steps")


def part_alone(definition: Definition[JourneyBody]) -> KithError:
    """A part of others can't be run by itself."""
    return definition.error(
        "has no way in", ("enter",), way_out="say who enters, or use it in another by '- journey: ...'"
    )


def _exits(body: JourneyBody, place: Place) -> tuple[ExitRule, ...]:
    keyed = [("stop_when", number) for number, each in enumerate(body.stop_when) if each.key]
    keyed += [("goal",)] if body.goal and body.goal.key else []
    if keyed and body.enter is not None and not body.enter.key:
        raise place.error(
            "has key", *keyed[0], way_out="say with which key people come in: enter: {…, key: …}"
        )
    stops = tuple(each.rule(place.below("stop_when", number)) for number, each in enumerate(body.stop_when))
    if body.goal is None or not body.goal.ends:
        return stops
    return (body.goal.rule(place.below("goal"), is_goal=True), *stops)


def _version(definition: Definition[JourneyBody], draft: Draft) -> str:
    """The definition's own, or, where others are inlined, made of theirs too."""
    inlined = [f"{name}={draft.parts[name].version}" for name in sorted(draft.inlined)]
    return stable_id(definition.version, *inlined) if inlined else definition.version
