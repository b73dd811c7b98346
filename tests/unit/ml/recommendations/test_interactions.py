"""Acts become steps: what was known when, what a pause ends, and who did too much."""

from __future__ import annotations

import numpy as np

from ml.recommendations import interactions
from ml.recommendations.interactions import NEVER, heaviest_acts, interactions_of, ownership, steps_of

COUNTS = {"person_count": 3, "product_count": 4}


def test_interactions__know_nothing_of_later_and_forget_what_was_taken_back() -> None:
    acts = interactions_of(
        [0, 0, 1, 1], [0, 1, 2, 3], [5, 10, 3, 4], undone_at=[NEVER, NEVER, 8, 12], **COUNTS
    )
    known = acts.known_before(10)
    assert known.products.tolist() == [0, 3]
    assert acts.known_before(13).products.tolist() == [0, 1]


def test_steps__end_with_a_pause_and_with_a_person() -> None:
    acts = interactions_of(
        [1, 0, 0, 0, 0], [3, 2, 1, 0, 1], [7, 50, 11, 10, 12], weight=[1, 1, 0.2, 0.5, 1.0], **COUNTS
    )
    steps = steps_of(acts, pause=5)
    assert steps.owner.tolist() == [0, 0, 1]
    # A product's weightiest act counts, however often it was done within the step.
    assert steps.contents.toarray().tolist() == [[0.5, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
    assert steps.since().tolist() == [1, 0, 0]
    assert steps.by_person().toarray()[0].tolist() == [0.5, 1, 1, 0]
    assert len(steps_of(acts, pause=0).owner) == 5


def test_steps__of_nobody_are_none() -> None:
    steps = steps_of(interactions_of([], [], [], **COUNTS))
    assert steps.contents.shape == (0, 4)
    assert steps.by_person().toarray().tolist() == np.zeros((3, 4)).tolist()


def test_steps__keep_the_latest_acts_of_who_did_too_much(monkeypatch) -> None:
    monkeypatch.setattr(interactions, "MOST_ACTS", 2)
    acts = interactions_of([0, 0, 0, 1], [0, 1, 2, 3], [3, 1, 2, 1], **COUNTS)
    assert ownership_of(steps_of(acts)) == [[1, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0]]
    assert heaviest_acts(acts).toarray().tolist() == ownership_of(steps_of(acts))


def ownership_of(steps) -> list[list[float]]:
    return steps.by_person().toarray().tolist()


def test_heaviest_acts__count_a_pair_once() -> None:
    acts = interactions_of([0, 0, 1], [1, 1, 1], [1, 9, 1], weight=[0.5, 0.2, 0.2], **COUNTS)
    assert np.allclose(heaviest_acts(acts).toarray()[:, 1], [0.5, 0.2, 0])
    assert ownership(acts).toarray()[:, 1].tolist() == [1, 1, 0]
