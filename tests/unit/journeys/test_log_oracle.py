"""Caps, quiet hours and consent over what the engine logged, judged by an oracle that asks nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from activation.gates._caps import Cap
from activation.journeys.deciding.policy import Policy
from activation.journeys.deciding.quiet_hours import QuietHours
from activation.journeys.graph import Message
from tests.journeys_reference.drive import Drive
from tests.journeys_reference.enrolment import as_datetime
from tests.journeys_reference.oracle import Sent, breaches, without_consent
from tests.journeys_reference.random_worlds import focused, general
from tests.journeys_reference.world import World

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
CAP = Cap.model_validate(
    {"name": "c", "limits": [{"at_most": 1, "per": "2h"}, {"at_most": 2, "per": "local day"}], "tags": ("a",)}
)
MESSAGE = Sent("m", "p", "j", "email", "marketing", ("a",), NOON, "Asia/Tokyo")


def logged(world: World) -> tuple[list[Sent], Drive]:
    """What the engine sent in a world, past sends of the world included."""
    drive = Drive(world)
    drive.tick(world.end)
    zones = {each.profile_id: each.zone for each in world.people}
    nodes = {(g.journey, n.step_id): n for g in world.graphs for n in g.nodes if isinstance(n, Message)}
    found = []
    for each in drive.verdicts:
        node = nodes[each.journey, each.step_id]
        if not each.reason and not node.ignores_quiet_hours:
            named = (each.message_id, each.profile_id, each.journey, each.channel, node.purpose, node.tags)
            at = as_datetime(each.decided_at)
            found.append(Sent(*named, at, zones[each.profile_id], node.is_transactional))
    return sorted(found, key=lambda each: each.decided_at), drive


@pytest.mark.parametrize("seed", [1, 4, 7])
def test_oracle__finds_no_breach_in_what_the_engine_sent(seed):
    world = (focused if seed % 2 else general)(seed, people=100)
    sent, drive = logged(world)
    obeys = {graph.journey: graph.caps for graph in world.graphs}
    assert len(sent) > 50
    # A message that several channels may carry keeps to the quiet hours of each, so it keeps to its own.
    assert breaches(sent, drive.policy, obeys) == []


@pytest.mark.parametrize(
    ("later", "changes", "is_over"),
    [
        (timedelta(hours=2), {}, False),
        (timedelta(hours=2) - timedelta(microseconds=1), {}, True),
        (timedelta(hours=1), {"tags": ("b",)}, False),
        (timedelta(hours=1), {"journey": "free"}, False),
        (timedelta(hours=1), {"is_transactional": True}, False),
        (timedelta(hours=1), {"profile_id": "q"}, False),
    ],
)
def test_oracle__sees_a_cap_that_is_broken(later: timedelta, changes: Mapping[str, Any], is_over: bool):
    second = replace(MESSAGE, message_id="n", decided_at=NOON + later, **changes)
    found = breaches([MESSAGE, second], Policy(caps={"c": CAP}), {"j": ("c",)})
    assert [each.message_id for each in found] == (["n"] if is_over else [])


def test_oracle__counts_days_by_the_persons_clock():
    """Noon, two and four o'clock UTC are one day in London and two in Tokyo."""
    sent = [
        replace(MESSAGE, message_id=str(hours), decided_at=NOON + timedelta(hours=hours))
        for hours in (0, 2, 4)
    ]
    policy, obeys = Policy(caps={"c": CAP}), {"j": ("c",)}
    assert breaches(sent, policy, obeys) == []
    assert len(breaches([replace(each, zone="Europe/London") for each in sent], policy, obeys)) == 1


@pytest.mark.parametrize(
    ("clock", "days", "is_quiet"),
    [
        ("2026-06-01T21:59", "all", False),
        ("2026-06-01T22:00", "all", True),
        ("2026-06-02T06:59", "all", True),
        ("2026-06-02T07:00", "all", False),
        ("2026-06-02T06:59", ("tue",), False),
        ("2026-06-02T06:59", ("mon",), True),
    ],
)
def test_oracle__sees_a_quiet_hour_that_is_broken(clock: str, days: Any, is_quiet: bool):
    quiet = QuietHours(begins="22:00", ends="07:00", days=days)
    sent = replace(MESSAGE, decided_at=datetime.fromisoformat(clock + "+09:00"))
    assert bool(breaches([sent], Policy(quiet_hours=(quiet,)), {})) == is_quiet


@pytest.mark.parametrize(("hours", "is_allowed"), [(-1, False), (0, True), (1, True), (2, False)])
def test_oracle__sees_a_message_without_consent_at_its_moment(hours: int, is_allowed: bool):
    noon = NOON.replace(tzinfo=None)
    row = {
        "message_id": "m",
        "decision": "send",
        "is_transactional": False,
        "purpose": "marketing",
        "channel": "email",
        "identifiers": '[["user_id","u"]]',
        "decided_at": noon + timedelta(hours=hours),
    }
    word = {
        "identifier_type": "user_id",
        "identifier_value": "u",
        "purpose": "marketing",
        "channel": "email",
        "is_granted": True,
        "known_from": noon,
        "known_to": noon + timedelta(hours=2),
    }
    assert bool(without_consent([row], [word])) != is_allowed
