"""The evaluators against the plain-Python oracle, over random definitions and histories.

`check_evaluators(template, count, seed)` is the one entrance: so many cases (a definition over a world of people
with their histories), drawn from a seed. `make check` asks for 20,000 on two cores, `make soak
ONLY=agree_with_the_oracle COUNT=1000000` for as many as one likes.
"""

from __future__ import annotations

import pytest

from kith.init import initialise
from kith.settings import Settings, load_settings
from tests.unit.segments.differential import Case, check
from tests.unit.segments.drawn_cases import draw_cases

CASES = 1_000
SOAKED = 20_000
DEFINITIONS_A_WORLD = 150
PARTS = 2
# Hypothesis remembers all that a call drew, and after some ten draws it rather varies those; so calls are many.
A_DRAW = 1_200


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
    judged = 0

    def judge(case: Case) -> None:
        nonlocal judged
        judged += len(case.people) * len(case.definitions)
        try:
            check(template, case)
        except AssertionError as error:
            raise AssertionError(f"seed {number}: {error}") from None

    draw_cases(judge, -(-count // DEFINITIONS_A_WORLD), min(DEFINITIONS_A_WORLD, count), number)
    return judged
