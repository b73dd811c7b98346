"""Two carts at once: an order ends the cart that it is of, and no other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from activation.journeys.programme import load_programme
from kith.errors import KithError
from kith.settings import Settings
from tests.scenarios.campaign_world import Person, World

AT = datetime(2026, 5, 1, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
CARTS = """
name: carts
state: live
enter: {{event: Cart Left, key: cart_id, again: always}}
stop_when: {stop}
purpose: transactional
steps:
  - wait: 1d
  - {{send: winback_offer, by: email}}
"""


def lived(own: Settings, stop: str) -> list[tuple[str, str]]:
    world = World(own, [Person("ada")])
    world.define("journeys", "carts", CARTS.format(stop=stop))
    world.plan(AT)
    for number in (1, 2):
        world.say("ada", "Cart Left", AT + number * HOUR, cart_id=f"c{number}")
    world.plan(AT + 3 * HOUR)  # both carts stand
    world.say("ada", "Order Completed", AT + 4 * HOUR, cart_id="c2")
    world.plan(AT + 48 * HOUR)
    keys = {row["enrolment_id"]: row["entry_key"] for row in world.rows("enrolments")}
    ends = [row for row in world.rows("transitions") if row["kind"] == "exited"]
    return sorted((keys[row["enrolment_id"]], row["reason"]) for row in ends)


def test_exit__with_a_key_ends_its_own_cart(own: Settings) -> None:
    assert lived(own, "{event: Order Completed, key: cart_id}") == [("c1", "completed"), ("c2", "stopped")]


def test_exit__without_a_key_ends_them_all(own: Settings) -> None:
    assert lived(own, "{event: Order Completed}") == [("c1", "stopped"), ("c2", "stopped")]


def test_exit__with_a_key_wants_an_entry_with_one(own: Settings) -> None:
    world = World(own, [Person("ada")])
    text = CARTS.format(stop="{event: Order Completed, key: cart_id}").replace(
        ", key: cart_id, again", ", again"
    )
    world.define("journeys", "carts", text)
    with pytest.raises(KithError, match="has key"):
        load_programme(own)
