"""Markov's and Shapley's attribution against brute force on small paths."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measurement.credits import credit_rows
from measurement.markov import removal_effects
from measurement.paths import ChannelPath, channels_of, path_shares
from measurement.shapley import shapley_values

CHANNELS = ("ads", "email", "search", "sms")
PATHS = st.lists(
    st.builds(
        ChannelPath,
        st.lists(st.sampled_from(CHANNELS), min_size=1, max_size=4).map(tuple),
        st.integers(0, 4),
        st.integers(0, 4),
    ),
    min_size=1,
    max_size=6,
)


def conversion_by_walking(paths: list[ChannelPath], removed: str | None) -> float:
    """The chance of an order from the start, by following the walk until next to nobody is left in it."""
    moves: dict[str, list[str]] = {}
    for path in paths:
        for _ in range(path.conversions):
            _count(moves, [*path.channels, "(order)"])
        for _ in range(path.abandoned):
            _count(moves, [*path.channels, "(none)"])
    here, converted = {"(start)": 1.0}, 0.0
    while sum(here.values()) > 1e-13:
        after: dict[str, float] = {}
        for place, share in here.items():
            nexts = moves.get(place, ["(none)"])
            for one in nexts:
                if one == "(order)":
                    converted += share / len(nexts)
                elif one not in ("(none)", removed):
                    after[one] = after.get(one, 0.0) + share / len(nexts)
        here = after
    return converted


def _count(moves: dict[str, list[str]], stops: list[str]) -> None:
    for here, there in zip(["(start)", *stops], stops, strict=False):
        moves.setdefault(here, []).append(there)


@settings(max_examples=150, deadline=None)
@given(PATHS)
def test_markov__removal_effects_are_those_of_walking_the_chain(paths: list[ChannelPath]) -> None:
    whole = conversion_by_walking(paths, None)
    for channel, effect in removal_effects(paths).items():
        wanted = 1 - conversion_by_walking(paths, channel) / whole if whole else 0.0
        assert effect == pytest.approx(wanted, abs=1e-9)


def worth_of(paths: list[ChannelPath], members: set[str]) -> float:
    kept = [path for path in paths if set(path.channels) <= members]
    people = sum(path.conversions + path.abandoned for path in kept)
    return sum(path.conversions for path in kept) / people if people else 0.0


def values_by_joining(paths: list[ChannelPath]) -> dict[str, float]:
    """Mean contribution over every order in which the channels may join."""
    channels = channels_of(paths)
    sums = dict.fromkeys(channels, 0.0)
    orders = list(permutations(channels))
    for order in orders:
        for place, channel in enumerate(order):
            before = set(order[:place])
            sums[channel] += worth_of(paths, before | {channel}) - worth_of(paths, before)
    return {channel: value / len(orders) for channel, value in sums.items()}


@settings(max_examples=150, deadline=None)
@given(PATHS)
def test_shapley__values_are_mean_contributions_and_sum_to_the_whole(paths: list[ChannelPath]) -> None:
    found = shapley_values(paths)
    assert found == pytest.approx(values_by_joining(paths), abs=1e-12)
    assert sum(found.values()) == pytest.approx(worth_of(paths, set(CHANNELS)), abs=1e-12)


def test_shapley__beyond_the_most_channels_the_rarest_play_as_one() -> None:
    paths = [ChannelPath(("ads",), 9, 1), ChannelPath(("email",), 5, 1), ChannelPath(("sms", "search"), 2, 2)]
    merged = [paths[0], paths[1], ChannelPath(("rest",), 2, 2)]
    found, wanted = shapley_values(paths, most=3), shapley_values(merged)
    assert found["ads"] == pytest.approx(wanted["ads"])
    assert found["sms"] == found["search"] == pytest.approx(wanted["rest"] / 2)


@settings(max_examples=100, deadline=None)
@given(PATHS)
def test_credits__of_a_path_sum_to_one_for_its_own_channels(paths: list[ChannelPath]) -> None:
    rows = credit_rows({str(number): path for number, path in enumerate(paths)}).to_pylist()
    for number, path in enumerate(paths):
        for model in ("markov", "shapley"):
            own = [row for row in rows if row["path_id"] == str(number) and row["model"] == model]
            assert {row["channel"] for row in own} == (set(path.channels) if path.conversions else set())
            if path.conversions:
                assert sum(row["credit"] for row in own) == pytest.approx(1, abs=1e-9)
                assert all(row["credit"] >= 0 for row in own)


def test_path_shares__what_harms_earns_nothing_and_nothing_is_shared_evenly() -> None:
    path = ChannelPath(("ads", "email", "ads"), 1, 0)
    assert path_shares(path, {"ads": 3.0, "email": -1.0}) == {"ads": 1.0, "email": 0.0}
    assert path_shares(path, {"ads": 0.0, "email": -1.0}) == {"ads": 0.5, "email": 0.5}


def test_paths__of_no_channel_are_none() -> None:
    with pytest.raises(ValueError, match="no path"):
        ChannelPath((), 1, 0)
    assert ChannelPath.parse("a > b", 1, 2) == ChannelPath(("a", "b"), 1, 2)
