"""Assignments and features over small tables, each row told as what happened."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from kith.warehouse import Warehouse
from ml.contract import NotTrainable
from ml.uplift.assignments import read_assignments
from ml.uplift.reach import read_reach

DAY = timedelta(days=1)
START = datetime(2026, 3, 1, 7, tzinfo=UTC)
AS_OF = START + 30 * DAY
WEEK = timedelta(days=7)

TABLES = """
CREATE TABLE events (event VARCHAR, type VARCHAR, profile_id VARCHAR, effective_at TIMESTAMP, properties VARCHAR,
    is_machine BOOLEAN);
CREATE TABLE orders (profile_id VARCHAR, ordered_at TIMESTAMP, is_cancelled BOOLEAN, net_amount DECIMAL(18, 4));
CREATE TABLE identities (profile_id VARCHAR, identifier_type VARCHAR, identifier_value VARCHAR);
CREATE TABLE consent_history (identifier_type VARCHAR, identifier_value VARCHAR, purpose VARCHAR, channel VARCHAR,
    is_granted BOOLEAN, known_from TIMESTAMP, known_to TIMESTAMP);
CREATE TABLE profile_aliases (alias_id VARCHAR, profile_id VARCHAR);
CREATE TABLE lake_journeys_outbox (journey VARCHAR, profile_id VARCHAR, channel VARCHAR, is_holdout BOOLEAN,
    is_eligible BOOLEAN, is_transactional BOOLEAN, decided_at TIMESTAMP);
"""


class World:
    """Tells small stories into the tables that assignments are read from."""

    def __init__(self, settings):
        self.warehouse = Warehouse(settings)
        self.warehouse.connection.execute(TABLES)

    def insert(self, table, *row):
        marks = ", ".join("?" for _ in row)
        values = [each.replace(tzinfo=None) if isinstance(each, datetime) else each for each in row]
        self.warehouse.connection.execute(f"INSERT INTO {table} VALUES ({marks})", values)

    def person(self, name, *channels, since=START - 60 * DAY, until=None):
        self.insert("identities", name, "user_id", name)
        for channel in channels:
            self.insert("consent_history", "user_id", name, "marketing", channel, True, since, until)

    def act(self, name, event, at, kind="track", is_machine=False, **properties):
        self.insert("events", event, kind, name, at, json.dumps(properties), is_machine)

    def draw(self, name, arm, propensity, at=START, experiment="picks"):
        told = {"experiment_id": experiment, "variation_id": arm, "propensity": propensity}
        self.act(name, "Experiment Viewed", at, **told)

    def order(self, name, at, amount=10, cancelled=False):
        self.insert("orders", name, at, cancelled, amount)

    def read(self, **holdouts):
        return read_assignments(self.warehouse, AS_OF, WEEK, holdouts)


@pytest.fixture
def world(settings):
    story = World(settings)
    yield story
    story.warehouse.connection.close()


def rows_of(found):
    pairs = found.pairs
    columns = (pairs.profiles, pairs.channels, pairs.is_treated, pairs.propensity.round(6))
    return sorted(zip(*(column.tolist() for column in columns), strict=True))


def half(world, count=4, channel="email"):
    """As many in either arm, each with one channel."""
    for number in range(count):
        world.person(f"{channel}{number}", channel)
        world.draw(f"{channel}{number}", channel if number % 2 else "control", 0.5)


def test_a_control__is_one_of_every_channel_that_was_open(world):
    for name, arm in (("a", "control"), ("b", "email"), ("c", "push")):
        world.person(name, "email", "push")
        world.draw(name, arm, 0.333333)
    assert rows_of(world.read()) == [
        ("a", "email", False, 0.5),
        ("a", "push", False, 0.5),
        ("b", "email", True, 0.5),
        ("c", "push", True, 0.5),
    ]


def test_propensity__is_of_treatment_among_the_two_arms(world):
    for name, arm, propensity in (("a", "control", 0.2), ("b", "email", 0.6), ("c", "push", 0.2)):
        world.person(name, "email", "push")
        world.draw(name, arm, propensity)
    assert rows_of(world.read())[0] == ("a", "email", False, 0.75)
    assert rows_of(world.read())[1] == ("a", "push", False, 0.5)


def test_consent__counts_as_it_was_known_at_the_assignment(world):
    """Withdrawn before, and granted only after: neither channel was open to them."""
    half(world)
    world.person("email9", "email")
    world.insert(
        "consent_history",
        "user_id",
        "email9",
        "marketing",
        "sms",
        True,
        START - DAY,
        START - timedelta(hours=1),
    )
    world.insert("consent_history", "user_id", "email9", "marketing", "push", True, START + DAY, None)
    world.draw("email9", "control", 0.5)
    assert [row for row in rows_of(world.read()) if row[0] == "email9"] == [("email9", "email", False, 0.5)]


def test_outcomes__are_orders_of_the_window_that_were_not_taken_back(world):
    half(world, 8)
    world.order("email0", START - DAY)
    world.order("email1", START + DAY, 20)
    world.order("email1", START + 3 * DAY, 5)
    world.order("email2", START + WEEK)
    world.order("email3", START + DAY, cancelled=True)
    pairs = world.read().pairs
    told = dict(
        zip(
            pairs.profiles.tolist(),
            zip(pairs.outcome, pairs.amount, pairs.delay_days, strict=True),
            strict=True,
        )
    )
    assert told["email1"] == (1, 25, 1)
    for name in ("email0", "email2", "email3"):
        assert told[name][:2] == (0, 0)


def test_windows_that_are_not_over__tell_nothing_yet(world):
    half(world)
    world.person("late", "email")
    world.draw("late", "email", 0.5, at=AS_OF - WEEK + timedelta(seconds=1), experiment="later")
    assert "late" not in world.read().pairs.profiles


def test_both_arms_of_one_experiment__leave_it(world):
    half(world)
    world.person("merged", "email")
    world.draw("merged", "email", 0.5)
    world.draw("merged", "control", 0.5)
    assert "merged" not in world.read().pairs.profiles


def test_an_experiment_about_something_else__is_none_of_ours(world):
    half(world)
    for name, arm in (("email0", "green button"), ("email1", "control")):
        world.draw(name, arm, 0.5, experiment="buttons")
    assert set(world.read().pairs.experiments.tolist()) == {"picks"}


def test_our_own_holdouts__are_controls_of_the_campaign_s_channel_alone(world):
    for number in range(10):
        world.person(f"p{number}", "email", "push")
        world.insert(
            "lake_journeys_outbox", "winback", f"p{number}", "email", number == 0, number < 9, False, START
        )
    rows = rows_of(world.read(winback=0.1))
    assert len(rows) == 9
    assert rows[0] == ("p0", "email", False, 0.9)
    assert rows[1] == ("p1", "email", True, 0.9)


def test_the_next_assignment_in_the_window__is_known(world):
    half(world)
    world.draw("email0", "email", 0.5, at=START + 3 * DAY, experiment="next")
    world.draw("email1", "control", 0.5, at=START + 8 * DAY, experiment="next")
    pairs = world.read().pairs
    first = pairs.take(pairs.experiments == "picks")
    told = dict(zip(first.profiles.tolist(), first.other_arm.tolist(), strict=True))
    assert told["email0"] == 1
    assert np.isnan(told["email1"])


def test_propensities_that_contradict_each_other__are_refused_with_counts(world):
    for number in range(10):
        world.person(f"p{number}", "email")
        world.draw(f"p{number}", "email" if number % 2 else "control", 0.5 if number < 8 else 0.9)
    with pytest.raises(NotTrainable, match="2 of 10 assignments don't fit"):
        world.read()


def test_propensities_that_do_not_add_up__are_refused_with_counts(world):
    for number in range(10):
        world.person(f"p{number}", "email")
        world.draw(f"p{number}", "email" if number % 2 else "control", 0.7)
    with pytest.raises(NotTrainable, match="10 of 10 assignments don't fit"):
        world.read()


def test_missing_propensities__are_refused_with_counts(world):
    half(world)
    world.person("none", "email")
    world.draw("none", "email", None)
    with pytest.raises(NotTrainable, match="1 of 5 assignments"):
        world.read()


def test_nobody_assigned__is_no_error_yet(world):
    found = world.read()
    assert len(found.pairs) == 0
    assert found.read == 0


def test_features__know_only_what_took_effect_before(world):
    """The same story with a loud future tells the same features."""
    half(world, 2)
    for days in (1, 2, 9, 40, 200):
        world.act("email1", "Product Viewed", START - days * DAY)
        world.act("email1", "Order Completed", START - days * DAY)
    quiet = world.read().pairs
    for hours in (0, 1, 30):
        later = START + timedelta(hours=hours)
        for event in ("Product Viewed", "Order Completed", "Email Opened", "Email Link Clicked"):
            world.act("email1", event, later)
    np.testing.assert_array_equal(world.read().pairs.values, quiet.values)
    told = dict(zip(quiet.columns, quiet.values[list(quiet.profiles).index("email1")], strict=True))
    assert [told[f"orders_{days}d"] for days in (7, 30, 90)] == [2, 3, 4]
    assert told["orders"] == 5
    assert [told[f"active_days_{days}d"] for days in (7, 30, 90)] == [2, 3, 4]
    assert told["days_since_last_order"] == 1
    assert told["tenure_days"] == 200


def test_features__are_those_counted_one_by_one(world):
    chance = np.random.default_rng(3)
    half(world, 6)
    events = []
    for _ in range(400):
        name = f"email{chance.integers(0, 6)}"
        event = str(
            chance.choice(
                ["Product Viewed", "Product Added", "Email Delivered", "Email Opened", "SMS Delivered"]
            )
        )
        at = START + timedelta(minutes=int(chance.integers(-120 * 1_440, 5 * 1_440)))
        is_machine = bool(event == "Email Opened" and chance.random() < 0.4)
        events.append((name, event, at, is_machine))
        world.act(name, event, at, is_machine=is_machine)
    pairs = world.read().pairs

    def counted(name, event, days):
        return sum(
            each[0] == name and each[1] == event and not each[3] and START - days * DAY <= each[2] < START
            for each in events
        )

    for row, name in enumerate(pairs.profiles.tolist()):
        told = dict(zip(pairs.columns, pairs.values[row], strict=True))
        for days in (7, 30, 90):
            assert told[f"product_views_{days}d"] == counted(name, "Product Viewed", days)
            assert told[f"cart_adds_{days}d"] == counted(name, "Product Added", days)
            both = counted(name, "Email Delivered", days) + counted(name, "SMS Delivered", days)
            assert told[f"messages_delivered_{days}d"] == both
        assert told["channel_opened_90d"] == counted(name, "Email Opened", 90)


def test_reach__is_who_may_be_written_to_with_the_features_of_learning(world):
    half(world, 2)
    world.person("push", "push")
    world.person("gone", "email", until=START + DAY)
    world.person("silent")
    world.act("push", "Push Notification Received", AS_OF - 3 * DAY)
    reach = read_reach(world.warehouse, AS_OF)
    assert list(zip(reach.profiles, reach.channels, strict=True)) == [
        ("email0", "email"), ("email1", "email"), ("push", "push"),
    ]  # fmt: skip
    assert reach.columns == world.read().pairs.columns
    assert reach.values[2, reach.columns.index("channel_delivered_7d")] == 1
