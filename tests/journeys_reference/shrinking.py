"""From a failing world to the smallest one that still fails: fewer people, then journeys, then events and spells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from typing import Any

from tests.journeys_reference.world import Person, World

Fails = Callable[[World], bool]


def smallest(world: World, fails: Fails) -> World:
    """Takes away whatever the failure doesn't need, in the order of how much it makes to read."""
    world = _fewer(world, "people", fails)
    world = _fewer(world, "graphs", fails)
    for index in range(len(world.people)):
        world = _simpler_person(world, index, fails)
    for index in range(len(world.graphs)):
        world = _simpler_graph(world, index, fails)
    return _fewer(world, "winners", fails)


def _fewer(world: World, name: str, fails: Fails) -> World:
    def with_(kept: Sequence[Any]) -> World:
        return replace(world, **{name: tuple(kept)})

    return with_(_minimal(getattr(world, name), lambda kept: fails(with_(kept))))


def _minimal(items: Sequence[Any], fails: Callable[[Sequence[Any]], bool]) -> Sequence[Any]:
    """Drops chunks, halves first, as long as it still fails."""
    size = len(items) // 2 or 1
    while items:
        for start in range(0, len(items), size):
            kept = [*items[:start], *items[start + size :]]
            if fails(kept):
                items = kept
                break
        else:
            if size == 1:
                return items
            size //= 2
        size = min(size, len(items) or 1)
    return items


def _simpler_person(world: World, index: int, fails: Fails) -> World:
    def with_(person: Person) -> World:
        return replace(world, people=(*world.people[:index], person, *world.people[index + 1 :]))

    for name in ("events", "past_sends", "best_hours"):
        person = world.people[index]
        kept = _minimal(
            getattr(person, name), lambda kept, p=person, n=name: fails(with_(replace(p, **{n: tuple(kept)})))
        )
        world = with_(replace(person, **{name: tuple(kept)}))
    for simpler in _without_spells(world.people[index]):
        if fails(with_(simpler(world.people[index]))):
            world = with_(simpler(world.people[index]))
    return world


def _without_spells(person: Person) -> Iterator[Callable[[Person], Person]]:
    for each in fields(Person):
        held = getattr(person, each.name)
        if isinstance(held, dict):
            for key in held:
                yield lambda p, n=each.name, k=key: replace(
                    p, **{n: {a: b for a, b in getattr(p, n).items() if a != k}}
                )


def _simpler_graph(world: World, index: int, fails: Fails) -> World:
    def with_(graph: Any) -> World:
        return replace(world, graphs=(*world.graphs[:index], graph, *world.graphs[index + 1 :]))

    graph = world.graphs[index]
    for name in ("exits", "caps"):
        kept = _minimal(
            getattr(graph, name), lambda kept, g=graph, n=name: fails(with_(replace(g, **{n: tuple(kept)})))
        )
        graph = replace(graph, **{name: tuple(kept)})
    for node in (*graph.nodes, None):
        first = node.node_id if node else ""
        if fails(with_(replace(graph, first=first))) and first != graph.first:
            graph = replace(graph, first=first)
    return with_(_reachable(graph, lambda candidate: fails(with_(candidate))))


def _reachable(graph: Any, fails: Callable[[Any], bool]) -> Any:
    """Leads edges out of the journey where that still fails, and drops the nodes that nobody reaches."""
    for number, edge in enumerate(graph.edges):
        shorter = (*graph.edges[:number], replace(edge, to=""), *graph.edges[number + 1 :])
        if edge.to and fails(replace(graph, edges=shorter)):
            graph = replace(graph, edges=shorter)
    reached = {graph.first}
    for node in graph.nodes:
        if node.node_id in reached:
            reached |= {each.to for each in graph.edges if each.node_id == node.node_id}
    nodes = tuple(each for each in graph.nodes if each.node_id in reached)
    edges = tuple(each for each in graph.edges if each.node_id in reached)
    return replace(graph, nodes=nodes, edges=edges)
