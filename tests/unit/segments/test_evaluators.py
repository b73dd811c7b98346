"""The evaluators against the plain-Python oracle, over random definitions and histories.

`check_evaluators(template, count, seed)` is the one entrance: so many cases (a definition over a world of people
with their histories), drawn from a seed. `make check` asks for 20,000 on two cores, `make soak
ONLY=agree_with_the_oracle COUNT=1000000` for as many as one likes.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import seed as drawn_from
from hypothesis import settings as budget
from hypothesis import strategies as st
from hypothesis.internal.conjecture import engine

from kith.init import initialise
from kith.settings import Settings, load_settings
from tests.unit.segments import drawn_definitions, drawn_people
from tests.unit.segments.differential import PLAIN, Case, check
from tests.unit.segments.world import Person

CASES = 1_000
SOAKED = 20_000
DEFINITIONS_A_WORLD = 150
FEWEST_PEOPLE, MOST_PEOPLE = 12, 25
PARTS = 2
# Hypothesis remembers all that a call drew, and after some ten draws it rather varies those; so calls are many.
A_DRAW = 1_200
# What it takes for too much to draw would leave only worlds of a few people that did little.
engine.BUFFER_SIZE = 1 << 20


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings over an initialised home, to be copied."""
    found = load_settings(home=tmp_path_factory.mktemp("differential") / "home")
    initialise(found)
    return found


def test_evaluators__agree_with_the_oracle(template: Settings) -> None:
    check_evaluators(template, CASES, 20260501)


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("part", range(PARTS))
def test_evaluators__agree_with_the_oracle_at_length(
    template: Settings, strikes: int | None, seed: int, part: int, capfd: pytest.CaptureFixture[str]
) -> None:
    """In parts of its own seed each, so that two cores share it."""
    count = -(-(strikes or SOAKED) // PARTS)
    judged = sum(
        check_evaluators(
            template, min(A_DRAW, count - start), (seed * PARTS + part) * 10_000 + start // A_DRAW
        )
        for start in range(0, count, A_DRAW)
    )
    with capfd.disabled():
        cases = f"{count} definitions over random histories, {judged} decisions an evaluator"
        print(f"\nsegments: {cases}: all three agree with the oracle (seed {seed}, part {part})")


def check_evaluators(template: Settings, count: int, number: int) -> int:
    """Draw `count` cases from the seed `number`; the first that somebody sees otherwise fails, made small. Answers
    how many decisions about one person each evaluator made."""
    worlds, judged = -(-count // DEFINITIONS_A_WORLD), 0
    health = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
    bounds = budget(
        max_examples=worlds,
        deadline=None,
        phases=[Phase.generate],
        database=None,
        suppress_health_check=health,
    )
    size = min(DEFINITIONS_A_WORLD, count)
    drawn = given(
        people=st.lists(drawn_people.people, min_size=FEWEST_PEOPLE, max_size=MOST_PEOPLE),
        bodies=st.lists(drawn_definitions.definitions, min_size=size, max_size=size),
        scores=_by_person(drawn_people.maybe(drawn_definitions.scores | st.just(float("nan")))),
        listed=_by_person(st.booleans()),
        said=drawn_people.consents,
        zone=st.sampled_from(
            ["UTC", "Europe/Berlin", "Pacific/Auckland", "America/St_Johns", "America/Santiago"]
        ),
    )

    def judge(**drawn: Any) -> None:
        nonlocal judged
        case = _case(**drawn)
        judged += len(case.people) * len(case.definitions)
        try:
            check(template, case)
        except AssertionError as error:
            raise AssertionError(f"seed {number}: {error}") from None

    drawn_from(number)(bounds(drawn(judge)))()
    return judged


def _by_person(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(values, min_size=MOST_PEOPLE, max_size=MOST_PEOPLE)


def _case(
    people: list[Person],
    bodies: list[Any],
    scores: list[float | None],
    listed: list[bool],
    said: dict[tuple[str, str, str], bool],
    zone: str,
) -> Case:
    for number, person in enumerate(people):
        person.profile_id = f"p{number:02d}"
    ids = [person.profile_id for person in people]
    return Case(
        people=people,
        definitions={**PLAIN, **{f"s{number}": who for number, who in enumerate(bodies, len(PLAIN))}},
        scores={id_: score for id_, score in zip(ids, scores, strict=False) if score is not None},
        listed=[id_ for id_, is_in in zip(ids, listed, strict=False) if is_in],
        consents=said,
        zone=zone,
    )
