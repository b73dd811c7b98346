"""What the hand-made shop's operations left: rows of syncs, deliverability, words of consent, links refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from kith.ids import stable_id
from tests.unit.dashboards.shop_people import AS_OF, Person

COLUMNS = {
    "sync_rows": (
        "sync:s run_id:s position:i destination:s mode:s operation:s row_key:s outcome:s detail:s "
        "provider_code:s remote_id:s attempt_count:i is_uncertain:b finished_at:t"
    ),
    "deliverability": (
        "sent_on:day channel:s provider:s mailbox_domain:s sent_count:i accepted_count:i rejected_count:i "
        "failed_count:i unknown_count:i delivered_count:i hard_bounce_count:i soft_bounce_count:i block_count:i "
        "complaint_count:i unsubscribe_count:i"
    ),
    "consent_history": (
        "identifier_type:s identifier_value:s purpose:s channel:s event_id:s is_granted:b legal_basis:s "
        "evidence:s valid_from:t valid_to:t known_from:t known_to:t binds_at:t told_at:t is_current:b"
    ),
    "experiments": (
        "journey:s step_id:s variant:s variant_number:i goal:s people_count:i reached_count:i rate:f "
        "is_leader:b is_winner:b is_proved:b decided_at:t as_of:t"
    ),
    "identity_conflicts": (
        "left_type:s left_value:s right_type:s right_value:s reason:s rule:s first_received_at:t edge_count:i"
    ),
}
OUTCOMES = ("accepted", "accepted", "accepted", "rejected", "skipped", "failed")
#: Mailbox provider, sent, bounced, days ago: the campaign left seven days ago.
DOMAINS = (("example.com", 120, 1, 7), ("mail.test", 40, 2, 7), ("other.test", 30, 3, 5))


def operations_tables(people: list[Person]) -> dict[str, list[dict[str, Any]]]:
    """All tables of this module."""
    known = [person for person in people if person.email]
    return {
        "sync_rows": [_sync_row(number, person) for number, person in enumerate(known[:60])],
        "deliverability": [_delivered(*each) for each in DOMAINS],
        "consent_history": [row for person in known for row in _words(person)],
        "experiments": [_variant(number, name) for number, name in enumerate(("plain", "short"))],
        "identity_conflicts": [_conflict(person) for person in known[:5]],
    }


def _sync_row(number: int, person: Person) -> dict[str, Any]:
    return {
        "sync": "crm_customers",
        "run_id": stable_id("sync run", str(number // 40)),
        "position": number,
        "destination": "hubspot",
        "mode": "mirror",
        "operation": "upsert",
        "row_key": person.email,
        "outcome": OUTCOMES[number % len(OUTCOMES)],
        "detail": "",
        "provider_code": "",
        "remote_id": "",
        "attempt_count": 1,
        "is_uncertain": False,
        "finished_at": AS_OF - timedelta(days=2 - number // 40),
    }


def _delivered(domain: str, sent: int, bounced: int, days_ago: int) -> dict[str, Any]:
    counts = dict.fromkeys(
        (
            "rejected_count",
            "failed_count",
            "unknown_count",
            "soft_bounce_count",
            "block_count",
            "complaint_count",
        ),
        0,
    )
    return {
        "sent_on": (AS_OF - timedelta(days=days_ago)).date(),
        "channel": "email",
        "provider": "smtp",
        "mailbox_domain": domain,
        "sent_count": sent,
        "accepted_count": sent,
        "delivered_count": sent - bounced,
        "hard_bounce_count": bounced,
        "unsubscribe_count": 1,
        **counts,
    }


def _words(person: Person) -> list[dict[str, Any]]:
    """A yes, and after a fortnight a no of those who take it back."""
    base = {
        "identifier_type": "email", "identifier_value": person.email, "purpose": "marketing",
        "channel": "email", "legal_basis": "consent", "evidence": "checkout form",
    }  # fmt: skip
    given = person.first_seen_at
    takes_back = person.draw("takes back") < 0.2
    ends = given + timedelta(days=14) if takes_back else None
    told = [_word(person, base, True, given, ends)]
    return [*told, _word(person, base, False, ends, None)] if ends else told


def _word(person: Person, base: dict[str, Any], is_granted: bool, since: Any, until: Any) -> dict[str, Any]:
    return {
        **base,
        "event_id": stable_id("word", person.name, str(is_granted)),
        "is_granted": is_granted,
        "valid_from": since,
        "valid_to": until,
        "known_from": since,
        "known_to": until,
        "binds_at": since,
        "told_at": since,
        "is_current": until is None,
    }


def _variant(number: int, name: str) -> dict[str, Any]:
    return {
        "journey": "winback", "step_id": "send", "variant": name, "variant_number": number,
        "goal": "Order Completed", "people_count": 60, "reached_count": 6 + 9 * number,
        "rate": (6 + 9 * number) / 60, "is_leader": number == 1, "is_winner": False, "is_proved": False,
        "decided_at": None, "as_of": AS_OF,
    }  # fmt: skip


def _conflict(person: Person) -> dict[str, Any]:
    return {
        "left_type": "user_id",
        "left_value": person.name,
        "right_type": "anonymous_id",
        "right_value": "shared-device",
        "reason": "shared by more than 10 user_id",
        "rule": "shared",
        "first_received_at": AS_OF - timedelta(days=9),
        "edge_count": 3 + person.number % 4,
    }
