"""What the comparison with the reference is worth: bugs planted into the engine, each of which it must find.

`make soak ONLY=planted_bugs` tries all; a few, with the two that only crowded worlds show, are among the plain tests.
"""

from __future__ import annotations

from functools import lru_cache, partial

import pytest

from activation.journeys.deciding import ConservationError, cap_rules
from activation.journeys.engine.motion import LostError
from tests.journeys_reference.drive import Drive
from tests.journeys_reference.interpreter import History, histories
from tests.journeys_reference.planting import MORE, PROTOTYPES, Plant, run_planted, wider_window
from tests.journeys_reference.random_worlds import focused, general, made_of
from tests.journeys_reference.world import DAY, World

pytestmark = pytest.mark.whole

PEOPLE, WORLDS, TICKS = 60, 40, 3
ALWAYS = ("order without depth", "nothing waits behind a parked message")
SAMPLE = [each for each in PROTOTYPES if each.name in ALWAYS]


@lru_cache(maxsize=2 * WORLDS)
def lived(
    seed: int, is_focused: bool, kinds: tuple[str, ...] = (), feedback: float = 0.0
) -> tuple[World, History]:
    make = partial(made_of, kinds=kinds, feedback=feedback) if kinds else focused if is_focused else general
    world = make(seed, people=PEOPLE)
    return world, histories(world)


def ticks(world: World, count: int = TICKS) -> list[int]:
    """Four ticks a day, shorter than a wait may be, and one for the rest."""
    return [*(world.start + quarter * DAY // 4 for quarter in range(1, count)), world.end]


def found_in(plant: Plant) -> int:
    """The first world in which the bug shows, as another history or as an engine that stops."""
    for seed in range(WORLDS):
        world, want = lived(seed, plant.focused, plant.kinds, plant.feedback)
        try:
            if run_planted(world, ticks(world, plant.ticks), plant) != want:
                return seed
        except (ConservationError, LostError):
            return seed
    pytest.fail(f"'{plant.name}' was not found in {WORLDS} worlds ({plant.hits} statements changed)")


@pytest.mark.parametrize("plant", SAMPLE, ids=lambda plant: plant.name)
def test_planted__one_of_the_prototypes_bugs_is_found(plant):
    found_in(plant)


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_planted__every_bug_is_found(in_full):
    for plant in (*PROTOTYPES, *MORE):
        seed = found_in(plant)
        assert plant.hits, f"'{plant.name}' is stale: no statement holds {plant.old!r}"
        print(f"{plant.name}: found in world {seed}")


def test_planted__a_cap_that_counts_its_edge_is_found(monkeypatch):
    monkeypatch.setattr(cap_rules, "Rule", wider_window)
    found_in(Plant("a cap counts its edge", "SELECT", "SELECT", focused=True))


def test_planted__deciding_before_the_log_has_settled_is_found():
    for seed in range(0, WORLDS, 2):
        world, want = lived(seed, False)
        drive = Drive(world, hasty=True)
        for end in ticks(world):
            drive.tick(end)
        if drive.history() != want:
            return
    pytest.fail(f"not found in {WORLDS // 2} worlds")
