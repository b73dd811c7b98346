"""What an answer means for a batch."""

from __future__ import annotations

import pytest

from activation.destinations.contract import (
    Answer,
    Capabilities,
    Mode,
    Operation,
    Status,
    Verdict,
    WhenUnknown,
    accepted,
    deferred,
    rejected,
    unknown,
)
from activation.syncs.progress import DONE, SPLIT, WAITING, Standing
from activation.syncs.settlement import MAX_ATTEMPTS, Policy, next_wait, settle

ROWS = range(10, 14)


def policy(repeatable: bool = False, when: WhenUnknown = WhenUnknown.RESEND) -> Policy:
    operations = frozenset(Operation) if repeatable else frozenset[Operation]()
    return Policy(Capabilities(frozenset(Mode), 4, repeatable=operations), when)


def judged(answer: Answer, attempts: int = 1, uncertain: bool = False, **kind):
    return settle(
        policy(**kind),
        Standing("r", 0, attempts=attempts, is_uncertain=uncertain),
        Operation.APPEND,
        ROWS,
        answer,
    )


def test_accepted__ends_the_batch_but_for_the_rows_named():
    (done,) = judged(Answer(accepted(), {2: rejected("row_refused")}))
    assert (done.state, done.of_all, done.verdicts) == (DONE, accepted(), {2: rejected("row_refused")})


def test_deferred__waits_and_fails_at_last():
    (waiting,) = judged(Answer(deferred("throttled")))
    assert (waiting.state, waiting.is_uncertain) == (WAITING, False)
    (done,) = judged(Answer(deferred("throttled")), attempts=MAX_ATTEMPTS)
    assert done.of_all == Verdict(Status.FAILED, "attempts_exhausted")


def test_deferred__in_doubt_never_ends_as_failed():
    (done,) = judged(Answer(deferred("throttled")), attempts=MAX_ATTEMPTS, uncertain=True)
    assert done.of_all.status is Status.UNKNOWN


@pytest.mark.parametrize(
    ("kind", "state", "uncertain"),
    [
        ({"repeatable": True}, WAITING, False),
        ({}, WAITING, True),
        ({"when": WhenUnknown.STOP}, DONE, True),
    ],
)
def test_unknown__is_repeated_where_harmless_else_told(kind, state, uncertain):
    (standing,) = judged(Answer(unknown("lost")), **kind)
    assert (standing.state, standing.is_uncertain) == (state, uncertain)


def test_partial__rows_that_go_on_are_parts_of_their_own():
    answer = Answer(accepted(), {1: deferred("busy"), 3: unknown("lost")})
    done, later, doubt = judged(answer)
    assert done.state == DONE
    assert (later.places, later.is_uncertain) == ((11,), False)
    assert (doubt.places, doubt.is_uncertain) == ((13,), True)
    assert len({done.batch_id, later.batch_id, doubt.batch_id}) == 3


def test_split__halves_until_a_row_stands_alone():
    whole, left, right = judged(Answer(rejected("refused"), must_split=True))
    assert (whole.state, left.places, right.places) == (SPLIT, (10, 11), (12, 13))
    (alone,) = settle(policy(), left, Operation.APPEND, [10], Answer(rejected("refused"), must_split=True))
    assert (alone.state, alone.of_all.status) == (DONE, Status.REJECTED)


def test_wait__is_the_vendor_s_word_or_grows():
    first, later = Standing("r", 0, attempts=1), Standing("r", 0, attempts=5)
    assert next_wait(first, 7.0) == 7.0
    assert 0.4 <= next_wait(first, None) <= 0.6
    assert 6.4 <= next_wait(later, None) <= 9.6
