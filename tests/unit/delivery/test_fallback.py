"""Who is gone from one channel is written to on the next, and the dead address keeps its fault."""

import pytest
import sqlalchemy as sa

from activation.channels.contract import Answer, Capabilities, Status
from activation.contract import Outcome, PlannedMessage, Reason
from activation.delivery import fallback
from activation.delivery.consent_events import address_key
from activation.delivery.schema import SUPPRESSION
from activation.delivery.settlement import Claimed, settle
from activation.routing.contract import NextChannel, Trail, trail_of
from kith.ids import stable_id
from kith.state import StateDatabase
from kith.times import format_instant

TOKEN = "device-token-1"


@pytest.mark.parametrize("suppress_after", [0, 1])
def test_fallback__a_removed_app_is_not_asked_again(settings, clock, monkeypatch, suppress_after):
    texts = {name: "x" for name in PlannedMessage.__slots__ if name not in ("variables", "lifted")}
    given = {
        **texts,
        "message_id": stable_id("m"),
        "channel": "push",
        "address": TOKEN,
        "variables": {},
        "identifiers": (("fcm_token", TOKEN), ("email", "ada@shop.example")),
        "decided_at": clock.now(),
        "not_after": clock.now(),
        "is_transactional": False,
    }
    item = Claimed(PlannedMessage(**given), 1, False)
    gone = Answer(stable_id("m"), Status.UNREACHABLE, Reason.ADDRESS_REFUSED, suppress_after=suppress_after)
    settled = settle(item, gone, Capabilities(frozenset({"text"})), clock.now())
    monkeypatch.setattr(fallback, "_may_go", lambda *_given: True)
    step = NextChannel(Trail(left=("push",)), ("email",))
    database = StateDatabase.open(settings)
    with database.begin() as connection:
        moved = fallback.next_channel(connection, None, item, settled, step, clock.now())  # type: ignore[arg-type]
        listed = {row.address_key for row in connection.execute(sa.select(SUPPRESSION))}
    database.close()
    assert (moved.outcome, moved.channel, moved.address) == (Outcome.PENDING, "email", "ada@shop.example")
    assert moved.suppress_after == 0, "the next address did nothing wrong"
    assert listed == ({address_key("push", TOKEN)} if suppress_after else set())
    dead = (("push", TOKEN, 1, format_instant(clock.now())),)
    assert trail_of(moved.trail.to_text()) == Trail(left=("push",), dead=dead if suppress_after else ())
