"""A small failing world in words, for whoever has to find out why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from tests.journeys_reference.interpreter import History
from tests.journeys_reference.world import World

_MOST = 12


def difference(got: History, want: History) -> str:
    """What the engine said and the reference didn't, and the other way round."""
    lines = []
    for what, found, expected in zip(("transition", "verdict"), got, want, strict=True):
        lines += _listed(
            f"{what}s of the engine alone", [each for each in found if each not in set(expected)]
        )
        lines += _listed(
            f"{what}s of the reference alone", [each for each in expected if each not in set(found)]
        )
        if len(found) != len(expected):
            lines.append(f"{len(found)} {what}s, the reference has {len(expected)}")
    return "\n".join(lines)


def told(world: World) -> str:
    """People, graphs and rules; whole worlds are only counted."""
    if len(world.people) > 3:
        return f"{len(world.people)} people, {len(world.graphs)} journeys: too many to tell"
    lines = [f"world [{world.start}, {world.end}) {world.rules}", f"evaluations {world.evaluations[:_MOST]}"]
    for each in (*world.people, *world.graphs):
        lines.append(type(each).__name__)
        lines += [f"    {f.name}: {value}" for f in fields(each) if (value := getattr(each, f.name))]
    return "\n".join(lines)


def _listed(title: str, rows: Sequence[Any]) -> list[str]:
    return [f"{title}:", *(f"    {each}" for each in rows[:_MOST])] if rows else []
