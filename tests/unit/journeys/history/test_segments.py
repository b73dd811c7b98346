"""Membership over time, over random evaluations and merges: what the segment's own room would say."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import pytest

from activation.journeys.history import NEVER, Needs
from activation.journeys.history import segments as laid
from kith.ids import stable_id
from kith.lake import commits
from kith.settings import Settings
from tests.unit.journeys.history.world import DAY, HOUR, NOON, Past, naive, person

NEEDS = Needs(segments=frozenset({"s", "t"}))
NAMES = [f"p{number}" for number in range(60)]
STEPS = 8


def evaluate(past: Past, segment: str, at: int, changes: dict[str, str], members: Mapping[str, int]) -> None:
    """One evaluation's rows, under the ids of the time."""
    history = [
        {"segment": segment, "profile_id": stable_id("user_id", name), "change": change, "at": naive(at)}
        for name, change in changes.items()
    ]
    row = {"segment": segment, "as_of": naive(at), "member_count": len(members)}
    name = f"{len(commits(past.home, 'segments')) + 1:010d}"
    row |= {"members_commit": name, "members_population": name}
    people = [{"position": n, "profile_id": stable_id("user_id", who)} for n, who in enumerate(members)]
    inside = [
        {"segment": segment, "position": n, "entered_at": naive(members[who])}
        for n, who in enumerate(members)
    ]
    tables: dict[str, Any] = {
        "history": history,
        "evaluations": [row],
        "members": inside,
        "population": people,
    }
    assert past.commit("segments", at, **tables) == name


class Story:
    """People who merge, and a segment that is evaluated over whom they are then, as the room does it: whoever of a
    person was in before is in, and only changes of that are told, under the present id."""

    def __init__(self, past: Past, chance: random.Random) -> None:
        self.past = past
        self.owner = {name: name for name in NAMES}
        self.since: dict[str, int] = {}
        self.members: set[str] = set()
        self.entered: dict[str, int] = {}
        self.truth: dict[int, set[str]] = {}  # evaluation → founders' names, as of then
        for step in range(STEPS):
            at = NOON + step * DAY
            for _ in range(3 if step else 0):
                self._merge(chance, at - HOUR)
            now = {name for name in sorted(set(self.owner.values())) if chance.random() < 0.5}
            before = {self.owner[name] for name in self.members}
            changes = dict.fromkeys(now - before, "entered") | dict.fromkeys(before - now, "left")
            known = {self.owner[name]: at for name in self.members}
            for name, entered in self.entered.items():
                known[self.owner[name]] = min(entered, known.get(self.owner[name], at))
            self.entered = {name: known.get(name, at) for name in now}
            evaluate(past, "s", at, changes, self.entered)
            self.members, self.truth[at] = now, now
        for name in NAMES:
            kept = self.owner[name]
            past.know(name, of="" if kept == name else kept, since=self.since.get(name, NOON - 99 * DAY))

    def _merge(self, chance: random.Random, at: int) -> None:
        gone, kept = chance.sample(sorted(set(self.owner.values())), 2)
        for name, owner in self.owner.items():
            if owner == gone:
                self.owner[name] = kept
                self.since[name] = at
        self.since[gone] = at

    def expected(self, at: int) -> set[str]:
        """Who is in after the evaluation at `at`, by whom they are in the end."""
        return {self.owner[name] for name in self.truth[at]}


def wrong(past: Past, story: Story) -> int:
    """Evaluations after which the relation has other members, or at which others came in: over all at once, and slice by
    slice."""
    spans = [(NOON - 1, NOON + STEPS * DAY)]
    spans += [(NOON + step * DAY + HOUR, NOON + (step + 1) * DAY + HOUR) for step in range(0, STEPS, 3)]
    found = 0
    for begin, end in spans:
        facts = past.lay(begin, end, NEEDS)
        for at in [each for each in story.truth if begin - DAY < each < end]:
            rows = facts.rows(
                f"SELECT person, from_at FROM facts_segments WHERE from_at <= {at} AND to_at > {at}"
            )
            found += sorted(row[0] for row in rows) != sorted(map(person, story.expected(at)))
            if at >= begin:
                before = story.expected(at - DAY) if at - DAY in story.truth else set()
                came = story.expected(at) - before
                found += {row[0] for row in rows if row[1] == at} != set(map(person, came))
    return found


@pytest.mark.parametrize("number", range(4))
def test_segments__say_who_was_in_after_each_evaluation_over_merges(settings: Settings, number: int) -> None:
    past = Past(settings)
    assert wrong(past, Story(past, random.Random(number))) == 0


@pytest.mark.parametrize(
    ("statement", "text", "planted"),
    [
        ("_JOINT", "WHERE written <> person", "WHERE false"),  # who was who is overlooked
        (
            "_SEGMENTS",
            "least(min(moment), min(entered_at))",
            "max(moment)",
        ),  # a stay begins as it is looked at
        ("_SEGMENTS", "IS DISTINCT FROM moment AS", "IS NULL AS"),  # leaving and coming again is one stay
        ("_SEGMENTS", "WHERE change = 'entered'", "WHERE true"),  # leaving begins a stay
        ("_OCCASIONS", "next_at >= {begin}", "moment >= {begin}"),  # who is in already is overlooked
    ],
)
def test_segments__a_planted_bug_is_seen(
    settings: Settings, statement: str, text: str, planted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    past = Past(settings)
    story = Story(past, random.Random(1))
    sql = getattr(laid, statement)
    assert text in sql
    monkeypatch.setattr(laid, statement, sql.replace(text, planted))
    assert wrong(past, story) > 0


def test_segments__of_a_slice_are_those_that_touch_it(settings: Settings) -> None:
    past = Past(settings)
    past.know("ada")
    evaluate(past, "s", NOON, {"ada": "entered"}, {"ada": NOON})
    evaluate(past, "s", NOON + DAY, {"ada": "left"}, {})
    evaluate(past, "s", NOON + 2 * DAY, {"ada": "entered"}, {"ada": NOON})
    evaluate(past, "other", NOON, {"ada": "entered"}, {"ada": NOON})
    spans = "SELECT segment, from_at, to_at FROM facts_segments ORDER BY ALL"
    counts = 'SELECT segment, "at", member_count FROM facts_evaluations ORDER BY ALL'
    first, gone, again = ("s", NOON, NOON + DAY), ("s", NOON + DAY), ("s", NOON + 2 * DAY, NEVER)
    facts = past.lay(NOON + DAY, NOON + 2 * DAY, NEEDS)
    assert facts.rows(spans) == [first]  # left at the very begin: a leaving in the slice
    assert facts.rows(counts) == [(*gone, 0)]
    facts = past.lay(NOON + DAY + 1, NOON + 2 * DAY + 1, NEEDS)
    assert facts.rows(spans) == [again]
    assert facts.rows(counts) == [("s", NOON + 2 * DAY, 1)]
