"""Worlds drawn at random: people with their histories, and definitions over them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, given
from hypothesis import seed as drawn_from
from hypothesis import settings as budget
from hypothesis import strategies as st
from hypothesis.internal.conjecture import engine

from tests.unit.segments import drawn_definitions, drawn_people
from tests.unit.segments.differential import PLAIN, Case
from tests.unit.segments.world import Person

FEWEST_PEOPLE, MOST_PEOPLE = 12, 25
ZONES = ["UTC", "Europe/Berlin", "Pacific/Auckland", "America/St_Johns", "America/Santiago"]
# What it takes for too much to draw would leave only worlds of a few people that did little.
engine.BUFFER_SIZE = 1 << 20


def draw_cases(judge: Callable[[Case], None], worlds: int, definitions: int, number: int) -> None:
    """Hand so many worlds, of so many definitions each, to `judge`; drawn from the seed `number`."""
    health = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
    bounds = budget(
        max_examples=worlds,
        deadline=None,
        phases=[Phase.generate],
        database=None,
        suppress_health_check=health,
    )
    drawn = given(
        people=st.lists(drawn_people.people, min_size=FEWEST_PEOPLE, max_size=MOST_PEOPLE),
        bodies=st.lists(drawn_definitions.definitions, min_size=definitions, max_size=definitions),
        scores=_by_person(drawn_people.maybe(drawn_definitions.scores | st.just(float("nan")))),
        listed=_by_person(st.booleans()),
        said=drawn_people.consents,
        zone=st.sampled_from(ZONES),
    )

    def one(**found: Any) -> None:
        judge(_case(**found))

    drawn_from(number)(bounds(drawn(one)))()


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
