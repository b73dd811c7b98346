"""The engine lives every life as the reference does: full histories, whatever the ticks, half of them killed first.

Counts are printed. `make soak ONLY=engine_against_reference COUNT=200` runs the whole battery, 500 people a world.
"""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.journeys_reference.drive import at_random, once, regularly, run
from tests.journeys_reference.interpreter import History, histories
from tests.journeys_reference.random_worlds import focused, general
from tests.journeys_reference.shrinking import smallest
from tests.journeys_reference.telling import difference, told
from tests.journeys_reference.world import World

PEOPLE = 500
WORLDS, ALL_WORLDS = 10, 200


def world_of(seed: int, people: int = PEOPLE) -> World:
    """Every kind of world in turn: the odd ones are full of messages at one instant."""
    return focused(seed, people) if seed % 2 else general(seed, people)


def check(world: World, want: History, ends: list[int], kills: Random | None = None) -> None:
    """Fails with the smallest world in which the engine differs too."""
    got = run(world, ends, kills)
    if got != want:

        def differs(other: World) -> bool:
            return run(other, ends) != histories(other)

        shown = smallest(world, differs) if differs(world) else world
        found = run(shown, ends), histories(shown)
        if shown is world:
            found = got, want
        pytest.fail(f"seed {world.seed}, ticks {ends}\n{difference(*found)}\n{told(shown)}", pytrace=False)


@pytest.mark.parametrize(
    "seed", [0, 1, 2, *(pytest.param(seed, marks=pytest.mark.whole) for seed in range(3, WORLDS))]
)
def test_engine__lives_every_life_as_the_reference(seed):
    world, chance = world_of(seed), Random(seed)
    want = histories(world)
    if seed % 3 == 0:
        check(world, want, once(world))
    elif seed % 3 == 1:
        check(world, want, at_random(world, chance, 3), kills=chance)
    else:
        check(world, want, regularly(world, (world.end - world.start) // 3))


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10_000), cuts=st.lists(st.floats(0.001, 0.999), max_size=4, unique=True))
def test_engine__ticks_leave_no_trace(seed, cuts):
    world = world_of(seed, people=30)
    ends = sorted({world.start + int((world.end - world.start) * cut) for cut in cuts} | {world.end})
    assert run(world, ends) == run(world, [world.end])


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_engine__lives_a_hundred_thousand_lives_as_the_reference(strikes, seed):
    lives, rows, reasons = 0, 0, Counter[str]()
    for number in range(strikes or ALL_WORLDS):
        world, chance = world_of(seed * 100_000 + number), Random(number)
        want = histories(world)
        check(world, want, once(world))
        check(world, want, regularly(world, (world.end - world.start) // 6))
        check(world, want, at_random(world, chance, 6), kills=chance)
        lives += len(world.people)
        rows += len(want[0])
        reasons.update(each.reason for each in want[1])
    print(
        f"\n{lives} lives in 3 schedules each, {rows} transitions, 0 different; {dict(reasons)}; seed {seed}"
    )
