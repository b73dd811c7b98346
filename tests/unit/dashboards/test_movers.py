"""The parts of a change add up to the change, for counts, sums and rates, and the figures are the metrics'."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import settings as settings_of
from hypothesis import strategies as some

from dashboards.answers.metrics import Asked, last_days, tell
from dashboards.answers.movers import FIGURES, SEGMENT, Sums, change_by, currencies, decompose, splits_of
from dashboards.movers import OTHERS, parts_frame
from dashboards.reader import Reader, open_reader
from kith.run import Run
from kith.settings import Settings

NAMES = some.sampled_from(["GB", "DE", "FR", "Unknown", "US"])
COUNTS = some.dictionaries(NAMES, some.integers(0, 10_000).map(lambda each: Sums(each)))
PAIRS = some.tuples(some.integers(0, 500), some.sampled_from([0, 1]) | some.integers(2, 5_000)).map(
    lambda pair: Sums(*pair)
)
RATES = some.dictionaries(NAMES, PAIRS)


@pytest.fixture
def reader(settings: Settings, shop: Run) -> Reader:
    found = open_reader(settings)
    assert found is not None
    return found


@settings_of(deadline=None)
@given(before=COUNTS, after=COUNTS)
def test_decompose__parts_of_a_count_add_up(before: dict[str, Sums], after: dict[str, Sums]) -> None:
    change = decompose(before, after, is_rate=False)
    assert sum(part.contribution for part in change.parts) == change.amount
    assert {part.name for part in change.parts} == {*before, *after}


@settings_of(deadline=None)
@given(before=RATES, after=RATES)
def test_decompose__parts_of_a_rate_add_up(before: dict[str, Sums], after: dict[str, Sums]) -> None:
    change = decompose(before, after, is_rate=True)
    if change.amount is None:
        assert change.parts == ()
    else:
        assert sum(part.contribution for part in change.parts) == pytest.approx(change.amount, abs=1e-9)


def test_decompose__a_rate_may_move_by_the_mix_alone() -> None:
    before = {"Email": Sums(50, 100), "Direct": Sums(10, 100)}
    after = {"Email": Sums(100, 200), "Direct": Sums(10, 100)}
    change = decompose(before, after, is_rate=True)
    assert (change.before, change.after) == (pytest.approx(0.3), pytest.approx(110 / 300))
    assert [part.name for part in change.parts if part.contribution > 0] == ["Direct", "Email"]


def test_parts__what_is_beyond_the_greatest_is_one_line_that_adds_up() -> None:
    sums = {f"part{at}": Sums(at) for at in range(20)}
    change = decompose({}, sums, is_rate=False)
    frame = parts_frame(change, most=5)
    assert len(frame) == 6
    assert frame["part"].iloc[-1] == OTHERS
    assert frame["contribution"].sum() == change.amount


def test_change__is_that_of_the_metric_itself(reader: Reader) -> None:
    first, last = last_days(reader, 28)
    for name, figure in FIGURES.items():
        codes = currencies(reader, figure)
        whole = tell(reader, Asked((name,), first=first, last=last)).frame
        told = whole[whole["currency"] == codes[0]][name].iloc[0] if codes else whole[name].iloc[0]
        for split in (splits_of(reader, figure)[0], SEGMENT):
            change = change_by(reader, figure, split, 28, codes[0] if codes else "", "big_spenders")
            assert change.after == pytest.approx(float(told)), (name, split)
            if change.amount is not None:
                assert sum(part.contribution for part in change.parts) == pytest.approx(change.amount)


def test_change__by_a_segment_has_its_members_and_everybody_else(reader: Reader) -> None:
    change = change_by(reader, FIGURES["orders"], SEGMENT, 28, segment="big_spenders")
    first, last = last_days(reader, 28)
    row = reader.row(
        """
        SELECT count(*) AS orders
        FROM orders
        WHERE has_completion AND NOT is_cancelled
            AND CAST(ordered_at AS DATE) BETWEEN $first AND $last
            AND profile_id IN (SELECT profile_id FROM segment_members WHERE segment = 'big_spenders')""",
        first=first,
        last=last,
    )
    inside = next(part for part in change.parts if part.name == "In it")
    assert inside.after == row["orders"]
    assert {part.name for part in change.parts} == {"In it", "Everybody else"}


def test_last_days__end_before_the_day_that_is_not_over(reader: Reader) -> None:
    first, last = last_days(reader, 7)
    assert last < reader.as_of.date()
    assert (last - first).days == 6
    assert isinstance(first, date)
