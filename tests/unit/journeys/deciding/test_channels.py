"""A message of several channels is carried by the first that every rule lets through."""

from __future__ import annotations

from activation.journeys.deciding import MessageNode, Policy
from tests.unit.journeys.deciding.deciding_world import Sent, World, graph, instant, message, uid

AT = instant("2026-05-01T08:00")


def world_of(chosen_by: str = "order") -> World:
    node = message(channels=("email", "sms"), chosen_by=chosen_by)
    return World([MessageNode(1, graph(), node)], Policy(), dict.fromkeys("pqr", "UTC"))


def test_channels__the_first_that_passes_carries_the_message() -> None:
    world = world_of()
    world.connection.execute(
        f"UPDATE facts_consents SET is_granted = false WHERE person = '{uid('q')}' AND channel = 'email'"
    )
    world.insert("facts_suppressed", ["email", "r@example.com", "complaint", 0])
    world.connection.execute(f"DELETE FROM facts_addresses WHERE person = '{uid('r')}' AND channel = 'sms'")
    found = world.decide([Sent(name, name, 1, AT) for name in "pqr"])
    assert {name: (row["channel"], row["reason"]) for name, row in found.items()} == {
        "p": ("email", ""),
        "q": ("sms", ""),
        "r": ("email", "suppressed"),
    }
    assert found["r"]["reason_detail"] == "email: suppressed (complaint); sms: unreachable (no address)"
    assert found["q"]["address"] == "+491711234567"


def test_channels__by_affinity_begin_with_the_one_that_the_person_answers() -> None:
    world = world_of("affinity")
    for person, channel, rank in (("p", "sms", 1), ("p", "email", 2), ("q", "sms", 1)):
        world.insert("facts_affinity", [uid(person), channel, rank])
    found = world.decide([Sent(name, name, 1, AT) for name in "pqr"])
    assert {name: row["channel"] for name, row in found.items()} == {"p": "sms", "q": "sms", "r": "email"}
