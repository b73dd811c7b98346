"""One profile in memory: what is compiled once, against what it stands for."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import settings as budget
from hypothesis import strategies as st

from activation.segments.compiler import Moment
from activation.segments.judgement import judge, read_amount
from activation.segments.person import Compiled, Facts, Row, deeds
from activation.segments.person import columns as columns_module
from activation.segments.person.columns import Column
from activation.segments.person.days import EPOCH, TICK, LocalDays, moment_of
from activation.segments.person.trees import Trees
from activation.segments.terms import (
    COUNT,
    AttributeTerm,
    BehaviourTerm,
    Comparison,
    Filter,
    Group,
    Happening,
    Kind,
    ListTerm,
    MemberTerm,
    Occurrence,
    RecentTerm,
    Scored,
    ScoreTerm,
    Segment,
    ShareTerm,
    Tree,
)
from kith.ids import bucket
from kith.times import local_day
from tests.unit.segments.world import AS_OF

ZONE = "Europe/Berlin"
NOON = AS_OF - timedelta(hours=22)

_PAIRS = ("between", "from_until")
_OPERANDS: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.WHOLE: st.integers(-3, 5),
    Kind.DECIMAL: st.integers(-6, 6).map(lambda n: Decimal(n) / 2),
    Kind.TEXT: st.sampled_from(["", "a", "ab", "b", "é"]),
    Kind.DATE: st.integers(0, 5).map(lambda n: date(2026, 4, 28) + timedelta(days=n)),
}


def _comparisons(kind: Kind) -> st.SearchStrategy[Comparison]:
    values = _OPERANDS[kind]
    single = st.sampled_from(["is", "is_not", "greater", "less", "at_least", "at_most"])
    words = ["contains", "starts_with", "ends_with"] if kind is Kind.TEXT else []
    return st.one_of(
        st.builds(lambda o, v: Comparison(o, (v,)), single, values),
        st.builds(lambda o, a, b: Comparison(o, (a, b)), st.sampled_from(_PAIRS), values, values),
        st.builds(lambda o, v: Comparison(o, tuple(v)), st.sampled_from(["in", "not_in"]), st.lists(values, min_size=1)),
        st.builds(lambda v: Comparison("missing", (v,)), st.booleans()),
        *(st.builds(lambda o, v: Comparison(o, (v,)), st.just(word), values) for word in words),
        *([st.just(Comparison("anniversary", (429, 501)))] if kind is Kind.DATE else []),
    )  # fmt: skip


@given(st.data(), st.sampled_from(list(_OPERANDS)))
@budget(max_examples=300, deadline=None)
def test_column__says_of_each_comparison_what_the_judge_says(data: st.DataObject, kind: Kind) -> None:
    compared = data.draw(st.lists(_comparisons(kind), max_size=12))
    column = Column(kind, [(each, 1 << number) for number, each in enumerate(compared)])
    for value in data.draw(st.lists(st.none() | _OPERANDS[kind], max_size=5)) * 2:  # again: out of memory
        found = column.of(value)
        assert [bool(found >> n & 1) for n in range(len(compared))] == [
            judge(value, each) for each in compared
        ]


def test_column__takes_large_sets_as_sets() -> None:
    large = Comparison("not_in", tuple(range(columns_module.LARGE_SET + 1)))
    column = Column(Kind.WHOLE, [(large, 1), (Comparison("at_least", (5,)), 2)])
    assert [column.of(5), column.of(999), column.of(-1), column.of(None)] == [2, 3, 1, 0]


def test_column__remembers_no_more_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns_module, "MOST_VALUES", 2)
    column = Column(Kind.TEXT, [(Comparison("contains", ("a",)), 1)])
    assert [column.of(each) for each in ("a", "b", "xa", "c", "xa")] == [1, 0, 1, 0, 1]
    assert len(column._remembered) == 2


_LEAVES = [ListTerm(name) for name in "abcde"]
_known, _high = ScoreTerm("m", None), ScoreTerm("m", Comparison("at_least", (Decimal(1),)))


def _groups(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    words = st.sampled_from(["all", "any", "none"])
    group = st.builds(
        lambda word, children: Group(word, tuple(children)), words, st.lists(inner, min_size=1, max_size=3)
    )
    return group | st.builds(lambda fallback: Scored(_known, _high, fallback), inner)  # fmt: skip


_trees = st.recursive(st.sampled_from(_LEAVES), _groups, max_leaves=12)


def _holds(tree: Tree, true: set[Any], trees: list[Tree]) -> bool:
    if isinstance(tree, Group):
        found = [_holds(each, true, trees) for each in tree.children]
        return all(found) if tree.word == "all" else any(found) != (tree.word == "none")
    if isinstance(tree, Scored):
        return _high in true if _known in true else _holds(tree.fallback, true, trees)
    return _holds(trees[int(tree.segment)], true, trees) if isinstance(tree, MemberTerm) else tree in true


@given(
    st.lists(_trees, min_size=1, max_size=4),
    st.lists(st.sampled_from([*_LEAVES, _known, _high])),
    st.booleans(),
)
@example([Group("all", (Group("any", (_LEAVES[0], Group("none", (_LEAVES[0],)))),))], [], False)
@budget(max_examples=500, deadline=None)
def test_trees__hold_as_they_read(trees: list[Tree], listed: list[Any], is_nested: bool) -> None:
    true = set(listed) if _known in listed else set(listed) - {_high}
    if is_nested:
        trees = [
            *trees,
            Group("none", (MemberTerm("0"), _LEAVES[0])),
            Group("any", (MemberTerm("0"), MemberTerm("0"))),
        ]
    terms = [*_LEAVES, _known, _high]
    segments = {str(n): Segment(str(n), "", tree) for n, tree in enumerate(trees)}
    found = Trees(segments, {term: 1 << n for n, term in enumerate(terms)})
    truth = sum(1 << n for n, term in enumerate(terms) if term in true)
    assert set(found.members(truth)) == {str(n) for n, tree in enumerate(trees) if _holds(tree, true, trees)}


def test_trees__share_equal_nodes() -> None:
    inner = Group("any", (ListTerm("a"), ListTerm("b")))
    segments = {str(n): Segment(str(n), "", Group("all", (inner, ListTerm("c")))) for n in range(9)}
    assert len(Trees(segments, {ListTerm(name): 1 << n for n, name in enumerate("abc")})._steps) == 1


@given(
    st.integers(0, 60 * 366 * 24 * 60),
    st.sampled_from(["UTC", ZONE, "America/St_Johns", "Australia/Lord_Howe"]),
)
@budget(max_examples=500, deadline=None)
def test_local_days__are_those_of_the_zone(minutes: int, zone: str) -> None:
    moment, days = minutes * 60_000_000, LocalDays(zone)
    for each in (moment, moment + 59_999_999, moment):
        assert date(1970, 1, 1) + timedelta(days=days.number(each)) == local_day(EPOCH + each * TICK, zone)


def test_local_days__change_with_the_clock() -> None:
    days, change = (
        LocalDays("America/St_Johns"),
        datetime(2010, 11, 7, 2, 31, tzinfo=UTC),
    )  # 00:01 became 23:01
    for minute in range(-120, 120):
        at = change + timedelta(minutes=minute)
        assert date(1970, 1, 1) + timedelta(days=days.number(moment_of(at))) == local_day(
            at, "America/St_Johns"
        )


_amounts = st.one_of(
    st.from_regex(r"-?[0-9]{1,20}(\.[0-9]{0,6})?", fullmatch=True),
    st.text("0123456789.-e_ ²٣", max_size=8),
    st.none(),
)


@given(_amounts)
@budget(max_examples=1_000, deadline=None)
def test_amounts__are_read_as_everywhere(text: str | None) -> None:
    assert deeds.read_quickly(text) == read_amount(text)


def _did(*filters: Filter, days: int | None = None) -> BehaviourTerm:
    return BehaviourTerm(
        Happening(Occurrence("A", frozenset(filters)), days), COUNT, Comparison("at_least", (1,))
    )


def _compiled(moment: datetime = AS_OF, **trees: Tree) -> Compiled:
    return Compiled({name: Segment(name, "", tree) for name, tree in trees.items()}, Moment(moment, ZONE))


def test_compiled__is_for_the_rest_of_its_local_day() -> None:
    compiled, last = _compiled(did=_did()), datetime(2026, 5, 1, 21, 59, 59, 999_999, tzinfo=UTC)
    assert compiled.members(Facts("p", rows={"A": [Row(moment_of(NOON))]}), last) == ["did"]
    for other in (AS_OF - TICK, last + TICK):
        with pytest.raises(ValueError, match="compiled for"):
            compiled.members(Facts("p"), other)


def test_compiled__at_a_midnight_is_for_that_instant() -> None:
    midnight = datetime(2026, 4, 30, 22, tzinfo=UTC)
    compiled = _compiled(midnight, did=_did())
    assert compiled.members(Facts("p"), midnight) == []
    with pytest.raises(ValueError, match="compiled for"):
        compiled.members(Facts("p"), midnight + TICK)


def test_compiled__sees_what_came_since_and_nothing_later() -> None:
    start = datetime(2026, 4, 23, 22, tzinfo=UTC)
    compiled = _compiled(
        did=_did(days=7), bought=AttributeTerm("bought_at", Kind.INSTANT, Comparison("from_until", (start, AS_OF)))
    )  # fmt: skip
    at = AS_OF + timedelta(hours=1)
    facts = Facts("p", {"bought_at": at}, {"A": [Row(moment_of(at))]})
    assert compiled.members(facts, at) == []
    assert sorted(compiled.members(facts, at + TICK)) == ["bought", "did"]
    assert compiled.members(Facts("p", {"bought_at": start - TICK}), at) == []


def test_compiled__takes_a_share_from_its_first_bucket_to_before_its_last() -> None:
    place = bucket("p", "spring")
    compiled = _compiled(
        begins=ShareTerm("spring", place, place + 1), ends=ShareTerm("spring", 0, place), other=ShareTerm("fall", 0, 0)
    )  # fmt: skip
    assert compiled.members(Facts("p"), AS_OF) == ["begins"]


def test_compiled__takes_no_missing_text_for_an_answer() -> None:
    term = RecentTerm(
        Happening(Occurrence("A"), None), 3, Occurrence("B"), ("k",), Comparison("at_least", (1,))
    )
    rows = {"A": [Row(moment_of(NOON))], "B": [Row(moment_of(NOON))]}
    assert _compiled(recent=term).members(Facts("p", rows=rows), AS_OF) == []


def test_compiled__remembers_no_more_texts_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deeds, "MOST_TEXTS", 1)
    wanted = [Filter(("k",), Kind.TEXT, Comparison("is", (str(n),))) for n in range(4)]
    compiled = _compiled(AS_OF, **{f"s{n}": _did(each) for n, each in enumerate(wanted)})
    for _ in range(2):
        for n in range(4):
            rows = [Row(moment_of(NOON), {("k",): str(n)})]
            assert compiled.members(Facts("p", rows={"A": rows}), AS_OF) == [f"s{n}"]


def test_compiled__explains_what_it_judges() -> None:
    compiled = _compiled(inner=_did(days=7), outer=Group("none", (MemberTerm("inner"), ListTerm("vip"))))
    verdict = compiled.explain(Facts("p", rows={"A": [Row(moment_of(NOON))]}), AS_OF, "outer")
    assert (verdict.condition, verdict.is_true) == ("none of", False)
    [member, listed] = verdict.children
    assert (listed.condition, listed.is_true, listed.value) == ("on the list vip", False, False)
    [leaf] = member.children
    assert (leaf.condition, leaf.is_true, leaf.value) == ("count of A within 7d is at least 1", True, 1)
