"""No sequence of merges, un-merges, words and late arrivals lets a person receive what they refused."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activation.contract import PlannedMessage
from activation.delivery.facts import LedgerFacts
from activation.gates import consent
from tests.unit.gates.consent_pipeline import Pipeline, compiled_models
from tests.unit.gates.histories import History, random_histories, random_history

BATCH = 5_000


@pytest.fixture(scope="session")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    return Pipeline(compiled_models(tmp_path_factory.mktemp("consent")))


@dataclass
class Verdicts:
    """What came out of many histories. `wrong`: sent against somebody's word; `strict`: kept back without need."""

    histories: int = 0
    profiles: int = 0
    sent: int = 0
    lifted: int = 0
    wrong: int = 0
    strict: int = 0

    def add(self, pipeline: Pipeline, histories: Sequence[History]) -> Verdicts:
        sent = pipeline.sent(histories)
        self.histories += len(histories)
        self.sent += len(sent)
        for world, history in enumerate(histories):
            for profile in history.profiles:
                self.profiles += 1
                is_sent = (world, profile) in sent
                self.wrong += is_sent and not history.may_send(profile)
                self.strict += not is_sent and history.may_send(profile, by_founder=True)
                self.lifted += is_sent and any(
                    (word := history.planned_word(each)) and not word.is_granted for each in profile
                )
        return self


@settings(max_examples=15, deadline=None)
@given(st.lists(st.builds(random_history, st.randoms(use_true_random=False)), min_size=1, max_size=20))
def test_consent__nobody_receives_what_they_refused(pipeline: Pipeline, histories: list[History]) -> None:
    verdicts = Verdicts().add(pipeline, histories)
    assert (verdicts.wrong, verdicts.strict) == (0, 0)


def test_consent__thousands_of_histories_at_once(pipeline: Pipeline, seed: int) -> None:
    verdicts = Verdicts().add(pipeline, list(random_histories(seed, BATCH)))
    print(f"\nconsent histories, seed {seed}: {verdicts}")
    assert (verdicts.wrong, verdicts.strict) == (0, 0)
    assert verdicts.sent > BATCH / 10
    assert verdicts.lifted > BATCH / 200


@pytest.mark.soak
def test_consent__a_million_histories(pipeline: Pipeline, strikes: int | None, seed: int) -> None:
    """`--count` is in thousands; 1,000 by default."""
    verdicts, chance = Verdicts(), random.Random(seed)
    for _ in range((strikes or 1_000) * 1_000 // BATCH or 1):
        verdicts.add(pipeline, list(random_histories(chance.randrange(1 << 60), BATCH)))
    print(f"\nconsent histories, seed {seed}: {verdicts}")
    assert (verdicts.wrong, verdicts.strict) == (0, 0)


#: What somebody might break in the models, and the text that does it.
PLANTED = {
    "a grant lifts whatever came before it": (
        "consents",
        "and granted.binds_at > refused.binds_at",
        "",
    ),
    "a grant lifts a refusal of who joined later": (
        "consents",
        "and granted.told_at >= refused.joined_at",
        "",
    ),
    "a grant counts for a profile that it joined later": (
        "consents",
        "and granted.told_at >= granted.joined_at",
        "",
    ),
    "one yes is enough": (
        "consents",
        "when is_lifted then 2 when is_granted then 1 else 0",
        "when is_granted then 0 else 1",
    ),
    "a late grant counts from its arrival": (
        "int_consents__spoken",
        "case when is_granted then least(occurred_at, effective_at) else effective_at end as binds_at",
        "effective_at as binds_at",
    ),
    "a grant that was late is told on arrival": (
        "int_consents__spoken",
        "case when effective_at = occurred_at then received_at else least(occurred_at, effective_at) end",
        "received_at",
    ),
}  # fmt: skip


@pytest.mark.parametrize("bug", PLANTED)
def test_consent__a_bug_in_the_models_is_found(pipeline: Pipeline, seed: int, bug: str) -> None:
    model, text, wrong = PLANTED[bug]
    assert text in pipeline.models[model]
    broken = replace(pipeline, models={**pipeline.models, model: pipeline.models[model].replace(text, wrong)})
    assert Verdicts().add(broken, list(random_histories(seed, BATCH // 4))).wrong > 0


def _believes_the_plan(message: PlannedMessage, facts: LedgerFacts) -> object:
    lifted = dict.fromkeys(message.identifiers, message.not_after)
    return consent.plugin.judge(replace(message, lifted=lifted), facts, message.not_after)


def _forgets_the_address(message: PlannedMessage, facts: LedgerFacts) -> object:
    return consent.plugin.judge(replace(message, address=""), facts, message.not_after)


@pytest.mark.parametrize("judge", [_believes_the_plan, _forgets_the_address])
def test_consent__a_bug_in_the_send_gate_is_found(pipeline: Pipeline, seed: int, judge: object) -> None:
    broken = replace(pipeline, judge=judge)
    assert Verdicts().add(broken, list(random_histories(seed, BATCH // 4))).wrong > 0
