"""Calls that meet a fault, one in ten: nobody is lost, a key keeps it at once, what can't be sent says why.

Counts and seed are printed. `make soak ONLY=fault_battery` makes 10,000 messages a fault class.
"""

import json
from collections import Counter
from datetime import timedelta

import pytest

from activation.delivery import dead_letters
from activation.delivery.worker import deliver
from kith.registry import plugin
from sandbox.emulation import Emulation, Fault, Faults, Habit, Vendor
from tests.integration.delivery.delivery_world import consent_event, land, ledger_rows, plan

SAMPLE, FULL = 150, 10_000
SHARE, REFUSED_EACH = 0.1, 50
# vendor → the channel that journeys name, what its account keeps, whether it honours our key
VENDORS = {"webhook": ("webhook", "event", True), "fcm": ("push", "message", False)}


class World:
    """A platform that sends to one emulated vendor until nothing is left to do."""

    def __init__(self, settings, clock, emulation, vendor):
        self.settings, self.clock, self.emulation = settings, clock, emulation
        self.channel, self.kind, self.has_key = VENDORS[vendor]
        self.account = emulation.office(vendor).account
        self.rounds = 0

    def plan(self, count):
        """A message each; every fiftieth person is unknown to the vendor. Answers message id → address."""
        people = [f"unknown{n}" if n % REFUSED_EACH == 7 else f"dev{n}" for n in range(count)]
        ids = plan(self.settings, people, self.clock.now(), channel=self.channel)
        at = self.clock.now() - timedelta(days=1)
        events = [consent_event(person, "granted", at) for person in people]
        for event in events:
            event["properties"] |= {"channel": self.channel, "email": ""}
        land(self.settings, self.clock, events)
        return dict(zip(ids, people, strict=True))

    def deliver(self):
        while deliver(self.settings, self.clock, wait=lambda _seconds: None).pending:
            self.rounds += 1
            assert self.rounds < 60, "it never comes to an end"
            self.clock.set(self.clock.now() + timedelta(minutes=40))


@pytest.fixture
def begin(world, clock, tmp_path, monkeypatch):
    from contextlib import ExitStack

    with ExitStack() as stack:

        def start(vendor, fault, seed):
            served = {vendor: plugin("sandbox.vendors", vendor, Vendor)}
            faults = Faults({fault: SHARE}, seed=str(seed), hold=1.0)
            habit = Habit(lambda address: "unknown" in address)
            emulation = Emulation(served, tmp_path / "vendors", clock, faults=faults, habit=habit)
            stack.enter_context(emulation)
            told = {**emulation.settings, "KITH_WEBHOOK_TIMEOUT": "0.5", "KITH_FCM_TIMEOUT": "0.5"}
            for name, value in told.items():
                monkeypatch.setenv(name, value)
            return World(world, clock, emulation, vendor)

        yield start


def _strike(begin, vendor, fault, count, seed):
    made = begin(vendor, fault, seed)
    people = made.plan(count)
    made.deliver()
    rows, copies = ledger_rows(made.settings), made.account.copies(made.kind)
    refused = {name for name, address in people.items() if address.startswith("unknown")}
    lost = [name for name in people if name not in refused and not copies[name]]
    twice = {name for name, number in copies.items() if number > 1}
    met = made.emulation.faults.met[fault]
    print(
        f"{vendor} {fault}: {count} messages, {met} faults, {len(lost)} lost, {len(twice)} twice, "
        f"{len(refused)} refused, {made.rounds} rounds, seed {seed}"
    )
    assert met >= count * SHARE * 0.5
    assert rows.keys() == people.keys()
    assert lost == []
    assert not any(copies[name] for name in refused)
    if made.has_key:
        assert twice == set()
        assert not any(row.is_uncertain for row in rows.values())  # nothing to list: the key makes it sure
    assert twice <= {name for name, row in rows.items() if row.is_uncertain}
    ended = Counter(row.outcome for name, row in rows.items() if name not in refused)
    assert ended == {"accepted": len(people) - len(refused)}
    return made, people, refused


def _every_refusal_has_its_reason(made, refused):
    """What the vendor refused for good is a dead letter where it is our doing, a rejection where nobody is there."""
    rows = ledger_rows(made.settings)
    assert all(rows[name].reason and rows[name].detail for name in refused)
    letters = {row["message_id"]: row for row in dead_letters.dead_letters(made.settings, {}, limit=100_000)}
    assert letters.keys() == {name for name in refused if rows[name].outcome != "rejected"}
    if made.has_key:
        assert letters.keys() == refused
        assert {row["detail"] for row in letters.values()} == {"refused_by_endpoint"}


def _replay_empties_them(made, refused):
    """The vendor gets to know them; a person has them sent again."""
    made.emulation.faults.shares = {}
    object.__setattr__(made.emulation.office("webhook").habit, "refuses", lambda address: False)
    assert dead_letters.reopen(made.settings, {"outcome": "failed"}, made.clock.now()) == len(refused)
    made.deliver()
    assert dead_letters.dead_letters(made.settings, {}, limit=10) == []
    assert all(made.account.copies(made.kind)[name] == 1 for name in refused)


@pytest.mark.parametrize("fault", [Fault.THROTTLED, Fault.RESET, Fault.TIMEOUT, Fault.CUT, Fault.HALF])
def test_faults__a_sample_reaches_everybody_once_where_the_key_is_honoured(begin, fault, seed):
    made, _people, refused = _strike(begin, "webhook", fault, SAMPLE, seed)
    _every_refusal_has_its_reason(made, refused)
    _replay_empties_them(made, refused)


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.THROTTLED])
def test_faults__a_sample_without_a_key_lists_what_may_be_twice(begin, fault, seed):
    made, _people, refused = _strike(begin, "fcm", fault, SAMPLE, seed)
    _every_refusal_has_its_reason(made, refused)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize("vendor", VENDORS)
def test_fault_battery__nobody_is_lost(begin, vendor, fault, seed, strikes):
    made, _people, refused = _strike(begin, vendor, fault, max(strikes, SAMPLE) if strikes else FULL, seed)
    _every_refusal_has_its_reason(made, refused)
    if made.has_key:
        _replay_empties_them(made, refused)


def test_faults__without_the_key_check_a_message_arrives_twice(begin, seed, monkeypatch):
    """The planted bug: a vendor that forgets what it has seen."""
    made = begin("webhook", Fault.CUT, seed)
    monkeypatch.setattr(made.account, "find", lambda kind, key: None)
    made.plan(SAMPLE)
    made.deliver()
    assert any(number > 1 for number in made.account.copies("event").values())
    assert json.dumps(made.emulation.faults.met)
