"""What the truth says people were going to do is what they do when the world goes on many times."""

import re
from copy import deepcopy

import numpy as np
import pytest

from sandbox.calendar import HOUR_MS, from_hour
from sandbox.continuation import order_rate_if_written_to
from sandbox.people import CHANNELS
from sandbox.prospects import CANCELLED, Prospects, open_rate
from sandbox.reactions import react, take_effect
from sandbox.visits import Invitation, expected_visits, visits_of
from sandbox.world import Shape, World

HOURS, TIMES, ARRIVAL = 120, 12, 4


@pytest.fixture(scope="module")
def world():
    made = World(Shape(seed=3, people=600, days=40, live_days=1))
    for _ in made.live(from_hour(made.calendar.first_hour), made.calendar.launch):
        pass
    return made


def lived(world, seed, channel=None):
    """Who orders within the hours, if everybody gets a message by `channel`, or nobody."""
    people, state, chance = world.shop.people, deepcopy(world.state), np.random.default_rng(seed)
    start, due = world.state.hour, {}
    for person in range(people.count) if channel else ():
        if channel == "email" and not (
            people.temper.mailbox_exists[person] and not people.temper.mailbox_fails_later[person]
        ):
            continue
        at = (start + ARRIVAL) * HOUR_MS
        reaction = react(chance, people, state, person, CHANNELS.index(channel), at)
        if reaction.opens is not None:
            due.setdefault((at + reaction.opens) // HOUR_MS, []).append(("hear", person, 0))
        if reaction.clicks is not None:
            due.setdefault((at + reaction.clicks) // HOUR_MS, []).append(
                ("visit", person, at + reaction.clicks)
            )
    ordered = np.zeros(people.count, bool)
    for hour in range(start, start + HOURS):
        clicks = []
        for what, person, at in due.get(hour, ()):
            if what == "hear":
                take_effect(people, state, person, channel, hour, float(chance.random()))
            else:
                clicks.append(Invitation(person, at, "x", channel))
        shop = world.shop
        for visit in visits_of(chance, hour, people, shop.devices, shop.catalogue, state, clicks):
            ordered[visit.person] |= visit.buys and chance.random() >= CANCELLED
    return ordered


def near(found, truth):
    """Means of people in five groups by the truth lie within four standard errors of a simulation's."""
    for part in np.array_split(np.argsort(truth), 5):
        error = np.sqrt(0.25 / (len(part) * TIMES)) * 1.5
        assert found[part].mean() == pytest.approx(truth[part].mean(), abs=4 * error)


def test_order_rate__is_how_often_people_order(world):
    who = np.arange(world.shop.people.count)
    found = np.mean([lived(world, seed) for seed in range(TIMES)], axis=0)
    truth = Prospects(world, who, world.state.hour, HOURS).order_rate()
    near(found, truth)
    assert found.mean() == pytest.approx(truth.mean(), abs=0.012)


@pytest.mark.parametrize("channel", ["email", "push"])
def test_effect__is_what_a_message_adds(world, channel):
    who = np.arange(world.shop.people.count)
    prospects = Prospects(world, who, world.state.hour, HOURS)
    found = np.mean([lived(world, seed, channel) for seed in range(TIMES)], axis=0) - prospects.order_rate()
    truth = prospects.effect(channel, (ARRIVAL,))
    near(found, truth)
    assert found.mean() == pytest.approx(truth.mean(), abs=0.02)


def by_the_rules(world, channel, read, hours, uniform):
    """The chance of an order of everybody, hour by hour by the functions that the world lives by."""
    people, state = world.shop.people, deepcopy(world.state)
    who = np.arange(people.count)
    prospects = Prospects(world, who, state.hour, hours)
    silence, calm = np.zeros(people.count), prospects.buys(np.zeros(people.count))
    for hour in range(world.state.hour, world.state.hour + hours):
        if hour == world.state.hour + read:
            for person in who:
                take_effect(people, state, person, channel, hour, uniform)
            clicks = people.temper.click_rate[:, CHANNELS.index(channel)] * prospects.buys(state.boost)
            silence += np.log1p(-clicks)
        buys = np.where(hour < state.boost_until, prospects.buys(state.boost), calm)
        silence += np.log1p(-expected_visits(people.habits, state, hour) * buys)
    return 1 - np.exp(silence)


def test_effect__follows_the_rules_of_the_world_to_the_last_hour(world):
    """A message read at once: what it changes ends after days, for those who were gone and return later still."""
    prompt = deepcopy(world)
    prompt.shop.people.temper.patience_hours[:] = 0
    read, hours, who = 10, 400, np.arange(prompt.shop.people.count)
    revival = prompt.shop.people.temper.revival_rate
    gone = prompt.shop.people.habits.gone_hour <= prompt.state.hour + read
    weight = np.where(gone, revival, 0)
    stays, returns = (by_the_rules(prompt, "push", read, hours, uniform) for uniform in (1.0, 0.0))
    prospects = Prospects(prompt, who, prompt.state.hour, hours)
    added = (1 - weight) * stays + weight * returns - prospects.order_rate()
    expected = open_rate(prompt, who, "push", prompt.state.hour + read) * added
    np.testing.assert_allclose(prospects.effect("push", (read,)), expected, atol=1e-9)


def test_mailboxes_that_do_not_exist__open_nothing(world):
    who = np.flatnonzero(~world.shop.people.temper.mailbox_exists)
    assert len(who)
    assert (open_rate(world, who, "email", world.state.hour) == 0).all()
    assert (open_rate(world, who, "push", world.state.hour) > 0).all()


def test_nobody_who_is_gone__orders_unless_a_message_brings_them_back(world):
    state, habits = world.state, world.shop.people.habits
    gone = np.flatnonzero((habits.gone_hour < state.hour) & (state.back_until < state.hour))
    prospects = Prospects(world, gone, state.hour, HOURS)
    assert (prospects.order_rate() == 0).all()
    effect = prospects.effect("sms")
    assert (effect >= 0).all()
    assert effect.max() > 0


def test_a_shop_that_writes_on__moves_people_by_what_its_messages_add():
    """The world lives two weeks of campaigns on from the middle of its history: orders come as foretold."""
    going = World(Shape(seed=3, people=900, days=60, live_days=1))
    middle, hours = going.calendar.launch_hour - 25 * 24, 14 * 24
    for _ in going.live(from_hour(going.calendar.first_hour), from_hour(middle)):
        pass
    prospects = Prospects(going, np.flatnonzero(going.shop.people.habits.born_hour < middle), middle, hours)
    foretold, left_alone = order_rate_if_written_to(prospects), prospects.order_rate()
    assert foretold.mean() > left_alone.mean() + 0.005
    ids = {f'"{name}"'.encode(): person for person, name in enumerate(going.shop.people.identity.user_id)}
    mails = {f'"{mail}"'.encode(): person for person, mail in enumerate(going.shop.people.identity.email)}
    ordered = np.zeros(900, bool)
    for arrivals in going.live(from_hour(middle), from_hour(middle + hours)):
        for arrival in arrivals:
            if b'"Order Completed"' in arrival.line:
                words = re.findall(rb'"[^"]+"', arrival.line)
                found = [ids[word] for word in words if word in ids] + [
                    mails[word] for word in words if word in mails
                ]
                ordered[found[:1]] = True
    lived = ordered[prospects.persons].mean()
    assert lived == pytest.approx(foretold.mean(), abs=4 * np.sqrt(0.25 / len(prospects.persons)) * 0.6)
