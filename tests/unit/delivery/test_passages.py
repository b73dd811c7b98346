"""Routing knows what kind of address a message goes to, though no identifier of its person says so."""

from datetime import UTC, datetime

import pytest

from activation.contract import PlannedMessage
from activation.delivery.handover import passage_of
from activation.delivery.settlement import Claimed

D = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("channel", "address", "kind"),
    [
        ("push", "ab" * 32, "apns_token"),
        ("push", "fcm:token", "fcm_token"),
        ("push", '{"endpoint":"https://push.example/x","keys":{"p256dh":"B","auth":"Q"}}', "web_push"),
        ("sms", "+12025550123", "phone"),
    ],
)
def test_passage__of_a_device_goes_to_its_own_vendor(channel: str, address: str, kind: str) -> None:
    texts = {name: "x" for name in PlannedMessage.__slots__ if name not in ("variables", "lifted")}
    given = {
        **texts,
        "channel": channel,
        "address": address,
        "variables": {},
        "identifiers": (("user_id", "u"),),
    }
    message = PlannedMessage(**{**given, "decided_at": D, "not_after": D, "is_transactional": False})
    assert passage_of(Claimed(message, 0, False)).address_type == kind
