"""One simulator, four trades: people, devices and rates are the same; what their acts are called differs."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import orjson
import pytest

from kith.errors import KithError
from sandbox import vocabulary as room
from sandbox.calendar import LAUNCH, from_hour
from sandbox.vocabulary import Vocabulary, load_vocabulary, vocabularies
from sandbox.world import Shape, World

TRADES = [name for name in vocabularies() if name != "commerce"]
#: What the playbooks of a trade wait for, with the property that they read.
ASKED = {
    "finance": {
        "Transaction Posted": "amount",
        "Login Failed": None,
        "Device Added": "device_id",
        "Product Opened": None,
        "Notice Acknowledged": "notice",
    },
    "media": {
        "Content Viewed": None,
        "Content Completed": None,
        "Subscription Started": "renews_on",
        "Subscription Renewed": "renews_on",
        "Subscription Cancelled": None,
        "Payment Failed": "subscription_id",
    },
    "travel": {
        "Booking Confirmed": "departs_on",
        "Booking Cancelled": None,
        "Trip Started": None,
        "Location Entered": "kind",
    },
}


def told(name: str, days: int = 30, people: int = 120) -> list[dict[str, Any]]:
    world = World(Shape(seed=7, people=people, days=days, live_days=1, vocabulary=name))
    hours = world.live(from_hour(world.calendar.first_hour), LAUNCH)
    calls = [orjson.loads(arrival.line) for arrivals in hours for arrival in arrivals if not arrival.flaw]
    return [call for call in calls if "event" in call]


@pytest.mark.parametrize("name", TRADES)
def test_vocabulary__says_what_the_playbooks_of_its_trade_wait_for(name: str) -> None:
    found: dict[str, list[dict[str, Any]]] = {}
    for call in told(name):
        found.setdefault(call["event"], []).append(call.get("properties", {}))
    for event, named in ASKED[name].items():
        assert found.get(event), f"{event} was never said"
        assert named is None or all(said.get(named) not in (None, "") for said in found[event])


@pytest.mark.parametrize("name", TRADES)
def test_vocabulary__says_nothing_of_the_shop(name: str) -> None:
    events = {call["event"] for call in told(name, days=12)}
    assert not events & {"Product Added", "Order Completed", "Checkout Started"}
    assert {"Signed Up", "Consent Updated"} <= events


def test_vocabulary__terms_follow_each_other() -> None:
    """A subscription is cancelled or renewed, on the days that it named."""
    terms: dict[str, list[tuple[str, str]]] = {}
    for call in sorted(told("media", days=40), key=lambda each: each["timestamp"]):
        said = call.get("properties", {})
        if "subscription_id" in said and call["event"] != "Payment Failed":
            terms.setdefault(said["subscription_id"], []).append((call["event"], call["timestamp"][:10]))
    kinds = Counter(event for each in terms.values() for event, _ in each)
    assert kinds["Subscription Renewed"] > 5
    for each in terms.values():
        events = [event for event, _ in each]
        assert events[0] == "Subscription Started"
        assert not {"Subscription Cancelled", "Subscription Renewed"} <= set(events)
        days = [LAUNCH.fromisoformat(day) for event, day in each if event != "Subscription Cancelled"]
        assert [each - days[0] for each in days] == [
            timedelta(days=14 * number) for number in range(len(days))
        ]


def test_vocabulary__is_commerce_where_nothing_is_said() -> None:
    assert load_vocabulary("commerce") is None
    assert Shape() == Shape(vocabulary="commerce")
    assert vocabularies() == ("commerce", "finance", "media", "travel")


def test_vocabulary__that_is_none_is_refused_with_those_that_are() -> None:
    with pytest.raises(KithError, match="no vocabulary circus") as refusal:
        World(Shape(people=20, days=2, vocabulary="circus"))
    assert "media" in str(refusal.value.expected)


def test_vocabulary__a_wrong_word_is_named(tmp_path, monkeypatch) -> None:
    (tmp_path / "odd.yml").write_text("description: d\nbuy: [{evnt: Sold}]\n", encoding="utf-8")
    monkeypatch.setattr(room, "FOLDER", tmp_path)
    with pytest.raises(KithError, match=r"buy\.0") as refusal:
        load_vocabulary("odd")
    assert "odd.yml" in str(refusal.value.where)


@pytest.mark.parametrize("name", TRADES)
def test_vocabulary__reads_facts_that_there_are(name: str) -> None:
    """Every event of the file was said: no fact of it is unknown."""
    found = load_vocabulary(name)
    assert isinstance(found, Vocabulary)
    said = {call["event"] for call in told(name, days=45)}
    assert found.events <= said
