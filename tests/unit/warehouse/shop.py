"""A shop of a few people, each there for one claim. All instants are naive UTC."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from kith.ids import stable_id
from tests.unit.warehouse.lake import Lake, event

AS_OF = datetime(2026, 5, 1, 8)
DECIDED = datetime(2026, 4, 20, 8)
DAY, HOUR, MINUTE, SECOND = (timedelta(seconds=each) for each in (86400, 3600, 60, 1))
PHONE = {"userAgent": "Mozilla/5.0 (iPhone) Mobile", "page": {"referrer": "https://www.google.com/"}}
CRAWLER = {"userAgent": "Mozilla/5.0 (compatible; ShelfBot/3.0)"}
SCANNER = {"userAgent": "LinkSentry/2.1 (mail security scanner)"}
CAMPAIGN = {"campaign": "winback", "channel": "email"}

PROFILES = {
    "p-ann": [("user_id", "ann"), ("anonymous_id", "a-ann"), ("email", "ann@example.com")],
    "p-bob": [("user_id", "bob"), ("anonymous_id", "a-bob"), ("email", "bob@example.com")],
    "p-cyn": [("user_id", "cyn"), ("email", "cyn@example.com")],
    "p-bot": [("anonymous_id", "a-bot")],
    "p-guest": [("anonymous_id", "order:o-guest")],
}

# message id → (profile, decision, reason, outcomes of the ledger in their order)
MESSAGES: dict[str, tuple[str, str, str, list[str]]] = {
    "m-accepted": ("p-ann", "send", "", ["accepted"]),
    "m-holdout": ("p-bob", "withhold", "holdout", []),
    "m-reopened": (stable_id("email", "cyn@example.com"), "send", "", ["failed", "pending", "accepted"]),
    "m-unknown": ("p-guest", "send", "", ["unknown"]),
    "m-pending": ("p-bot", "send", "", []),
    "m-expired": ("p-late", "send", "", ["expired"]),
}


def lay_shop(home: Path) -> Lake:
    lake = Lake(home).lay_empty()
    lake.identities(1, PROFILES)
    lake.commit(
        "identity",
        2,
        identifiers=[
            {
                "identifier_type": kind,
                "identifier_value": value,
                "profile_id": name,
                "first_received_at": datetime(2026, 1, 1),
            }
            for name, identifiers in PROFILES.items()
            for kind, value in identifiers
        ],
    )
    lake.land(visits() + orders() + words() + answers(), 1)
    _activate(lake)
    return lake


def visits() -> list[dict[str, Any]]:
    """Ann's two visits, 30 and then 31 minutes apart; Bob's one; a crawler's."""
    start = datetime(2026, 4, 1, 10)
    seen = {"product_id": "mug", "name": "Mug", "category": "home", "price": 3, "currency": "EUR"}
    return [
        event("v1", None, start, anon="a-ann", kind="page", context=PHONE),
        event("v2", "Product Viewed", start + 30 * MINUTE, anon="a-ann", user="ann", properties=seen),
        event("v3", "Product Added", start + 61 * MINUTE, anon="a-ann", properties=seen),
        event("v4", None, start, anon="a-bob", kind="page"),
        event("v5", None, start, anon="a-bot", kind="page", context=CRAWLER),
        event(
            "i1",
            None,
            start,
            user="ann",
            kind="identify",
            traits={"email": "Ann@Example.com", "city": "Rome"},
        ),
        event(
            "i2", None, start + DAY, user="ann", kind="identify", traits={"city": "Oslo", "first_name": "Ann"}
        ),
        event("future", None, AS_OF, anon="a-ann", kind="page"),
    ]


def orders() -> list[dict[str, Any]]:
    at = datetime(2026, 4, 1, 11, 2)
    mugs = [{"product_id": "mug", "price": 2.5, "quantity": 2, "category": "home"}]
    credit = [{"product_id": "mug", "price": 2.5, "quantity": -1}]

    def order(name: str, moment: datetime, order_id: str, user: str, **more: Any) -> dict[str, Any]:
        properties = {"order_id": order_id, "currency": "EUR", **more}
        return event(
            f"{name}-{order_id}-{moment:%d%H}", name, moment, user=user, properties=properties, source="shop"
        )

    return [
        order("Order Completed", at, "o-part", "ann", products=mugs, total=99),
        order("Order Refunded", at + 5 * DAY, "o-part", "ann", total=1),
        order("Order Completed", at + DAY, "o-whole", "ann", products=mugs),
        order("Order Refunded", at + 2 * DAY, "o-whole", "ann"),
        order("Order Completed", at + 3 * DAY, "o-gone", "ann", products=mugs),
        order("Order Cancelled", at + 4 * DAY, "o-gone", "ann"),
        order("Order Cancelled", at + 4 * DAY, "o-credit", "bob", products=credit),
        order(
            "Order Completed",
            DECIDED + 2 * DAY,
            "o-after",
            "ann",
            products=[*mugs, {"sku": "pen", "price": "0.001"}],
        ),
        order("Order Completed", DECIDED + 3 * DAY, "o-held", "bob", total=7),
        order("Order Completed", DECIDED + 8 * DAY, "o-tooo-late", "cyn", products=mugs),
        event(
            "guest",
            "Order Completed",
            at,
            anon="order:o-guest",
            properties={"order_id": "o-guest", "revenue": 4},
        ),
    ]


def words() -> list[dict[str, Any]]:
    """Ann grants twice, her address withdraws in between; Bob's unsubscribing is his last word."""
    at = datetime(2026, 4, 2)
    granted = {"purpose": "marketing", "channel": "email", "status": "granted"}
    return [
        event("c1", "Consent Updated", at, user="ann", properties={**granted, "email": "ann@example.com"}),
        event(
            "c2",
            "Unsubscribed",
            at + DAY,
            properties={"email": "ann@example.com", "channel": "email"},
            anon="a-x",
        ),
        event("c3", "Consent Updated", at + 2 * DAY, user="ann", properties=granted),
        event("c4", "Consent Updated", at, user="cyn", properties=granted),
        event("c5", "Unsubscribed", at, user="bob", properties={"channel": "email", "purpose": "marketing"}),
    ]


def answers() -> list[dict[str, Any]]:
    """A scanner opens and clicks at once, then Ann does; Cyn's mail is clicked within two seconds."""

    def answer(name: str, key: str, after: timedelta, message: str, user: str, **more: Any) -> dict[str, Any]:
        properties = {**CAMPAIGN, "message_id": message}
        return event(
            f"{key}-{message}", name, DECIDED + MINUTE + after, user=user, properties=properties, **more
        )

    return [
        answer("Email Delivered", "d", 0 * SECOND, "m-accepted", "ann"),
        answer("Email Opened", "so", SECOND, "m-accepted", "ann", context=SCANNER),
        answer("Email Link Clicked", "sc", SECOND, "m-accepted", "ann", context=SCANNER),
        answer("Email Opened", "o", HOUR, "m-accepted", "ann"),
        answer("Email Link Clicked", "k", 2 * HOUR, "m-accepted", "ann"),
        answer("Email Delivered", "d", 0 * SECOND, "m-reopened", "cyn"),
        answer("Email Link Clicked", "k", 2 * SECOND, "m-reopened", "cyn"),
    ]


def _activate(lake: Lake) -> None:
    outbox = [
        {
            "message_id": name,
            "journey": "winback",
            "journey_version": "v",
            "step_id": "s",
            "enrolment_id": f"e-{name}",
            "profile_id": profile,
            "channel": "email",
            "purpose": "marketing",
            "template": "t",
            "decision": decision,
            "reason": reason,
            "is_holdout": reason == "holdout",
            "is_eligible": True,
            "is_transactional": False,
            "entered_at": DECIDED,
            "decided_at": DECIDED,
            "not_after": DECIDED + 2 * DAY,
            "as_of": DECIDED,
        }
        for name, (profile, decision, reason, _outcomes) in MESSAGES.items()
    ]
    log = [(name, outcome) for name, (*_rest, outcomes) in MESSAGES.items() for outcome in outcomes]
    outcomes = [
        {
            "log_seq": number,
            "message_id": name,
            "outcome": outcome,
            "reason": "",
            "channel": "email",
            "attempt": 1,
            "is_uncertain": outcome == "unknown",
            "occurred_at": DECIDED + MINUTE,
        }
        for number, (name, outcome) in enumerate(log)
    ]
    lake.commit("journeys", 1, outbox=outbox)
    lake.commit("ledger", 1, outcomes=outcomes)
    lake.commit(
        "measurement",
        1,
        lift=[
            {
                "campaign": "winback",
                "metric": "conversion_rate",
                "treated_count": 5,
                "holdout_count": 1,
                "lift": 0.25,
                "treated_mean": 0.5,
                "holdout_mean": 0.25,
                "lower": -0.1,
                "upper": 0.6,
            },
            {"campaign": "winback", "metric": "revenue_per_person", "currency": "EUR", "lift": 2.0},
        ],
    )
    member = {"position": 0, "entered_at": AS_OF}
    members = [{"segment": name, **member} for name in ("risk", "left", "held")]
    lake.commit("segments", 1, members=members, population=[{"position": 0, "profile_id": "p-ann"}])
    risk = {"segment": "risk", "version": "1", "as_of": AS_OF, "member_count": 0, "found_count": 0}
    held = {"segment": "held", "version": "1", "as_of": AS_OF, "member_count": 1, "found_count": 9}
    held |= {"held_reason": "grew from 1 to 9", "held_since": AS_OF}
    states = [
        {**risk, "members_commit": "0000000002", "members_population": "0000000001"},
        {**held, "members_commit": "0000000001", "members_population": "0000000001", "hold": "held 1"},
    ]
    lake.commit("segments", 2, evaluations=[risk, held], states=states)
    lake.commit(
        "definitions",
        1,
        segments=[
            {
                "name": "risk",
                "kind": "segments",
                "version": "1",
                "body": '{"description": "At risk"}',
                "effective_at": DECIDED,
            }
        ],
    )
    for number, (as_of, people) in enumerate({DECIDED: ["p-ann", "p-bob"], AS_OF: ["p-ann"]}.items(), 1):
        lake.commit(
            "scores",
            number,
            scores=[
                {
                    "profile_id": name,
                    "model": "churn",
                    "score": number / 4,
                    "model_version": str(number),
                    "as_of": as_of,
                }
                for name in people
            ],
        )
