"""The behaviour store against reading the snapshot, over random worlds that live for some days."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st

from activation.segments.columns.part import Part
from activation.segments.columns.population import read_population
from activation.segments.columns.rows import Rows
from activation.segments.columns.source import SnapshotSource
from activation.segments.store.behaviour_store import open_store, store_folder
from activation.segments.store.manifest import read_manifest
from activation.segments.world import open_world
from kith.init import initialise
from kith.lake import Home
from kith.run import Run
from kith.settings import Settings, load_settings
from tests.unit.segments.told_world import ToldWorld
from tests.unit.segments.world import AS_OF

DAY = timedelta(days=1)
DAYS, WORLDS = 6, 6
EVENTS = ["Order Completed", "Product Viewed", "Message Sent", "Email Opened"]
PATHS = [("category",), ("total",), ("cart", "total"), ("日本",)]
TEXTS = ["shoes", "ß", "12.50", "7", "", "-0.00005", "1e3", 'say "hi"', "nan"]
Asked = set[tuple[str, tuple[str, ...]]]


def _tell_a_day(world: ToldWorld, chance: Random, number: int) -> None:
    """Some rows of the day before `number` days from AS_OF, and all that may befall older ones."""
    day = AS_OF + (number - 1) * DAY
    for n in range(chance.randrange(12)):
        at = day + timedelta(seconds=chance.randrange(0, 86_400, 3600))
        late = chance.random() < 0.2
        known_from = at if late else None
        happened = at - 3 * DAY if late else at
        world.tell(f"{number}-{n}", chance.choice(EVENTS), _somebody(chance), happened, _properties(chance),
                   later=3 * DAY if late else timedelta(0), known_from=known_from)  # fmt: skip
    for old in chance.sample(world.landed, min(len(world.landed), chance.randrange(3))):
        sign = chance.choice([1, -1])
        world.tell(old.event_id, old.event, _somebody(chance), old.effective_at, _properties(chance),
                   later=old.received_at - old.effective_at + sign * timedelta(seconds=1))  # fmt: skip
    if chance.random() < 0.2:
        world.tell(f"imported-{number}", EVENTS[0], _somebody(chance), AS_OF - 40 * DAY, _properties(chance))
    if world.landed and chance.random() < 0.3:
        world.machines ^= {chance.choice(world.landed).event_id}
    for name in ("u1", "u2", "d1", "d2", "d3"):
        if (kind := _kind(name), name) not in world.profile_of or chance.random() < 0.1:
            world.profile_of[kind, name] = chance.choice(["p1", "p2", "p3", "p4"])


def _kind(name: str) -> str:
    return "user_id" if name.startswith("u") else "anonymous_id"


def _somebody(chance: Random) -> tuple[str | None, str | None]:
    return chance.choice([None, None, "u1", "u2", "stranger"]), chance.choice([None, "d1", "d2", "d3", "d9"])


def _properties(chance: Random) -> dict[str, Any] | None:
    if chance.random() < 0.1:
        return None
    found: dict[str, Any] = {
        key: chance.choice([*TEXTS, 3, 2.5, None, True]) for key in ("category", "total", "日本")
    }
    return {**found, "cart": {"total": chance.randrange(400)}, "message_id": chance.choice("abc")}


def _told(rows: Rows) -> Counter[tuple[Any, ...]]:
    """Rows of one moment stand in any order."""
    assert (np.diff(rows.moments) >= 0).all()
    columns = {path: [None, *each.distinct.texts.to_pylist()] for path, each in rows.texts.items()}
    amounts = {path: each.distinct.amounts for path, each in rows.texts.items()}
    codes = {path: each.codes.tolist() for path, each in rows.texts.items()}
    return Counter(
        (int(position), int(moment),
         *((path, columns[path][codes[path][n]], int(amounts[path][codes[path][n]])) for path in sorted(columns)))
        for n, (position, moment) in enumerate(zip(rows.positions, rows.moments, strict=True))
    )  # fmt: skip


def _compare(settings: Settings, run: Run, wanted: Asked, only: list[int] | None, events: set[str]) -> None:
    with open_world(settings, run.snapshot) as world:
        population = read_population(world)
        positions = None if only is None else np.array([n for n in only if n < population.size], np.int64)
        part = Part(population.size, positions)
        stored = open_store(population, events, wanted)
        assert stored is not None
        plain = SnapshotSource(population, wanted)
        for event in sorted(events):
            mine, read = stored.rows(event, part), plain.rows(event, part)
            asked = {path for name, path in wanted if name == event}
            mine = Rows(mine.positions, mine.moments, {path: mine.texts[path] for path in asked})
            assert _told(mine) == _told(read), event


@given(seed=st.integers(0, 2**32))
@budget(max_examples=WORLDS, deadline=None)
def test_store__equals_reading_the_snapshot(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    chance = Random(seed)
    settings = load_settings(home=tmp_path_factory.mktemp("store") / "home")
    initialise(settings)
    world, wanted, events = ToldWorld(settings), set[tuple[str, tuple[str, ...]]](), {EVENTS[0]}
    for number in range(DAYS):
        _tell_a_day(world, chance, number)
        if chance.random() < 0.5:
            wanted.add((chance.choice(EVENTS), chance.choice(PATHS)))
        if chance.random() < 0.4:
            events.add(chance.choice([*EVENTS, "message:opened", "message:sent", "never"]))
            wanted |= {(each, ("message_id",)) for each in events if each.startswith("message:")}
        events |= {event for event, _ in wanted}
        run = world.publish(AS_OF + number * DAY)
        _compare(settings, run, wanted, chance.choice([None, None, [0, 2], [1], []]), events)


@pytest.fixture
def told(settings: Settings) -> ToldWorld:
    """Four people, two of whom did something."""
    world = ToldWorld(settings)
    for number in (1, 2, 3, 4):
        world.profile_of["anonymous_id", f"d{number}"] = f"p{number}"
    for number in range(6):
        who = (None, f"d{1 + number % 2}")
        world.tell(
            f"e{number}",
            EVENTS[0],
            who,
            AS_OF - DAY - number * timedelta(hours=1),
            {"category": f"c{number}"},
        )
    return world


WANTED: Asked = {(EVENTS[0], ("category",))}


def test_store__a_merge_rewrites_nothing_and_is_seen(told: ToldWorld) -> None:
    first = told.publish(AS_OF)
    _compare(told.settings, first, WANTED, None, {EVENTS[0]})
    folder = store_folder(Home(told.settings.home))
    before = {file: file.read_bytes() for file in folder.glob("event-*/*")}
    told.profile_of["anonymous_id", "d1"], told.profile_of["anonymous_id", "d3"] = "p3", "p1"
    _compare(told.settings, told.publish(AS_OF + DAY), WANTED, None, {EVENTS[0]})
    assert {file: file.read_bytes() for file in folder.glob("event-*/*")} == before


def test_store__what_a_killed_writer_left_counts_for_nothing(told: ToldWorld) -> None:
    _compare(told.settings, told.publish(AS_OF), WANTED, None, {EVENTS[0]})
    folder = store_folder(Home(told.settings.home))
    for file in folder.glob("event-*/*"):
        if not file.name.startswith("texts"):
            file.write_bytes(file.read_bytes() + b"\x07" * 24)
    told.tell("new", EVENTS[0], (None, "d4"), AS_OF, {"category": "c9"})
    _compare(told.settings, told.publish(AS_OF + DAY), WANTED, None, {EVENTS[0]})


def test_store__a_dictionary_that_outgrows_its_codes_is_written_wider(told: ToldWorld) -> None:
    _compare(told.settings, told.publish(AS_OF), WANTED, None, {EVENTS[0]})
    for number in range(300):
        told.tell(
            f"n{number}",
            EVENTS[0],
            (None, "d3"),
            AS_OF + timedelta(seconds=number),
            {"category": f"x{number}"},
        )
    _compare(told.settings, told.publish(AS_OF + DAY), WANTED, None, {EVENTS[0]})
    manifest = read_manifest(store_folder(Home(told.settings.home)))
    assert manifest is not None
    assert [each.width for each in manifest.events[EVENTS[0]].properties] == [2]


def test_store__an_unreadable_manifest_or_none_is_a_store_to_be_built(told: ToldWorld) -> None:
    run = told.publish(AS_OF)
    _compare(told.settings, run, WANTED, None, {EVENTS[0]})
    (store_folder(Home(told.settings.home)) / "manifest.json").write_text("{")
    _compare(told.settings, run, WANTED, None, {EVENTS[0]})


def test_store__a_snapshot_older_than_what_is_held_is_read_by_itself(told: ToldWorld) -> None:
    first = told.publish(AS_OF)
    _compare(told.settings, told.publish(AS_OF + DAY), WANTED, None, {EVENTS[0]})
    with open_world(told.settings, first.snapshot) as world:
        assert open_store(read_population(world), {EVENTS[0]}, WANTED) is None
