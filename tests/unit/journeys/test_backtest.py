"""A backtest is the live log over again, row for row, and says so in figures that add up."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pyarrow.parquet as pq
import pytest

from activation.journeys.backtest import Findings, backtest, load_rehearsal
from kith.errors import KithError
from kith.settings import Settings
from kith.times import parse_instant
from tests.scenarios.campaign_world import DAY, LAUNCH, Person, World, crowd

pytestmark = pytest.mark.whole

HOUR = timedelta(hours=1)
DAYS = 5
BACK = """
name: cart_back
state: live
enter: {event: Cart Updated, key: cart_id, again: always}
stop_when: {event: Order Completed, where: {total: {at_least: 50}}}
holdout: 20%
caps: [marketing]
steps:
  - wait: {for: Product Viewed, timeout: 5h, then: end}
  - send: winback_offer
    by: email
    otherwise: [{wait: 1d}]
  - wait: {until: 09:00}
  - branch: {if: {did: Logged In, within: 2d}, then: end}
  - split: [{share: 50%, then: end}, {share: 50%}]
  - send: winback_offer
    id: again
    by: email
"""
OTHER = """
name: greeting
state: live
enter: {event: Logged In, again_after: 2d}
holdout: 10%
caps: [marketing]
steps:
  - send: winback_offer
    by: email
"""


@pytest.fixture
def world(own: Settings) -> World:
    """Some days of events, as they happen."""
    for path in [*own.definitions.glob("campaigns/*.yml"), *own.definitions.glob("journeys/*.yml")]:
        path.unlink()
    world = World(own, [*crowd(40), Person("no", consent=False), Person("mute", email=None)])
    chance = Random(7)
    names = [person.name for person in world.people]
    for _ in range(600):
        event = chance.choice(
            ["Cart Updated", "Cart Updated", "Product Viewed", "Logged In", "Order Completed"]
        )
        at = LAUNCH + timedelta(minutes=15 * chance.randrange(DAYS * 96))
        world.say(
            chance.choice(names), event, at, cart_id=f"c{chance.randint(1, 3)}", total=chance.choice([20, 60])
        )
    return world


def live(world: World, *journeys: str) -> Path:
    """The journeys day by day; answers the first one's file."""
    paths = [world.define("journeys", text.split()[1], text) for text in journeys]
    for day in range(DAYS + 1):
        world.plan(LAUNCH + day * DAY)
    return paths[0]


def published(world: World) -> None:
    """One run at the end, which lets nobody in."""
    world.define("journeys", "greeting", OTHER)
    world.plan(LAUNCH + DAYS * DAY)


def over(world: World, path: Path, log: Path | None = None, days: int = DAYS) -> Findings:
    rehearsal = load_rehearsal(world.settings, path)
    return backtest(world.settings, rehearsal, LAUNCH, LAUNCH + days * DAY, log)


def rows(log: Path, table: str) -> list[dict[str, Any]]:
    return [row for file in sorted(log.glob(f"*/{table}.parquet")) for row in pq.read_table(file).to_pylist()]


def without_run(found: list[dict[str, Any]], journey: str) -> list[tuple[Any, ...]]:
    """Rows of one journey, but for the instant of the run that told them."""
    return sorted(
        tuple((key, str(value)) for key, value in row.items() if key != "as_of")
        for row in found
        if row["journey"] == journey
    )


@pytest.mark.parametrize("journeys", [(BACK,), (BACK, OTHER)], ids=["alone", "beside another"])
def test_backtest__equals_the_live_log_row_for_row(world: World, tmp_path: Path, journeys: tuple[str, ...]):
    path = live(world, *journeys)
    over(world, path, tmp_path / "log")
    for table in ("transitions", "enrolments", "outbox"):
        ours = without_run(rows(tmp_path / "log", table), "cart_back")
        assert len(ours) > 30
        assert ours == without_run(world.rows(table), "cart_back"), table


def test_backtest__figures_add_up_to_its_log(world: World, tmp_path: Path):
    path = live(world, BACK, OTHER)
    found = over(world, path, tmp_path / "log")
    outbox, moves = rows(tmp_path / "log", "outbox"), rows(tmp_path / "log", "transitions")
    decisions = Counter(row["decision"] for row in outbox)
    assert (found.planned, found.sent) == (len(outbox), decisions["send"])
    assert sum(row["messages"] for row in found.sends) == found.sent
    assert sum(row["messages"] for row in found.drops) == found.planned - found.sent
    assert found.entrants == sum(row["kind"] == "entered" for row in moves)
    assert sum(row["enrolments"] for row in found.steps) == len(moves) - found.entrants
    assert found.still_inside == found.entrants - sum(row["kind"] == "exited" for row in moves)
    measures = Counter[str]()
    for row in found.series:
        measures[row["measure"]] += row["count"]
    assert measures == {"entrants": found.entrants, "sends": found.sent, "drops": found.planned - found.sent}
    assert [row["journey"] for row in found.overlap] == ["greeting"]


def test_backtest__a_draft_that_never_ran_is_rehearsed_and_leaves_no_trace(world: World):
    published(world)
    before = {file: file.stat().st_mtime_ns for file in sorted(world.home.lake.rglob("*.parquet"))}
    draft = world.define("journeys", "cart_back", BACK.replace("state: live", "state: draft"))
    assert over(world, draft).entrants > 0
    assert {file: file.stat().st_mtime_ns for file in sorted(world.home.lake.rglob("*.parquet"))} == before


def test_backtest__a_window_outside_the_span_is_moved_into_it(world: World):
    published(world)
    later = "enter: {event: Cart Updated, key: cart_id, again: always, from: 2027-01-01, until: 2027-01-03}"
    text = BACK.replace("enter: {event: Cart Updated, key: cart_id, again: always}", later)
    found = over(world, world.define("journeys", "cart_back", text))
    assert found.is_moved
    assert {row["day"] for row in found.series if row["measure"] == "entrants"} <= {
        str((LAUNCH + day * DAY).date()) for day in range(3)
    }


def test_backtest__needs_a_past(own: Settings):
    path = own.definitions / "journeys" / "greeting.yml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(OTHER)
    with pytest.raises(KithError, match="kith run"):
        backtest(own, load_rehearsal(own, path), LAUNCH, LAUNCH + DAY)
    with pytest.raises(KithError, match="empty"):
        backtest(own, load_rehearsal(own, path), LAUNCH, LAUNCH)


def test_backtest__reads_a_campaign_too(world: World):
    text = """
        name: spring
        state: draft
        to: regulars
        launch_at: 2026-05-02T08:00
        send: winback_offer
        by: email
        holdout: 10%
        goal: {event: Order Completed, within: 7d}
    """
    world.evaluate("regulars", LAUNCH + DAY)
    published(world)
    found = over(world, world.define("campaigns", "spring", text))
    assert (found.entrants, found.planned) == (42, 42)
    assert parse_instant(found.until) - parse_instant(found.since) == DAYS * DAY
    assert isinstance(datetime.fromisoformat(found.sends[0]["day"]), datetime)
