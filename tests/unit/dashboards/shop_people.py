"""The people of the hand-made shop: profiles, identifiers, consents, visits, scores."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from kith.ids import share, stable_id

if TYPE_CHECKING:
    from tests.unit.dashboards.shop_trade import Order

AS_OF = datetime(2026, 5, 8, 8, 0)
DAYS = 45
NAMES = (
    "Ada Quill",
    "Bela Nowak",
    "Chidi Obi",
    "Dana Silva",
    "Emre Aydin",
    "Fatou Ba",
    "Goran Ilic",
    "Hana Mori",
)
COUNTRIES = ("DE", "FR", "PL", "IN", "BR")
CHANNELS = ("direct", "search", "email", "social")

COLUMNS = {
    "profiles": (
        "profile_id:s user_id:s anonymous_id_count:i email:s phone:s first_name:s last_name:s "
        "locale:s time_zone:s country:s city:s birthday:day created_at:t first_seen_at:t "
        "last_seen_at:t event_count:i session_count:i order_count:i order_amount:money "
        "average_order_amount:money currency:s first_order_at:t last_order_at:t "
        "favourite_category:s usual_device:s is_bot:b"
    ),
    "identities": "identifier_type:s identifier_value:s profile_id:s",
    "profile_aliases": "alias_id:s profile_id:s since_at:t",
    "consents": "profile_id:s purpose:s channel:s is_granted:b legal_basis:s evidence:s effective_at:t",
    "sessions": (
        "session_id:s profile_id:s anonymous_id:s user_id:s started_at:t ended_at:t "
        "event_count:i page_count:i order_count:i channel:s channel_group:s device:s is_bot:b"
    ),
    "scores": "profile_id:s model:s score:f model_version:s scored_at:t reasons:s",
    "model_runs": (
        "model:s model_version:s mlflow_run_id:s trained_at:t as_of:t horizon_days:i "
        "train_rows:i test_rows:i test_cutoff_at:t candidate:s metric:s metric_value:f is_champion:b reason:s"
    ),
}


@dataclass(frozen=True)
class Person:
    """One person; chance is a hash of the number, so every run makes the same people."""

    number: int

    @property
    def profile_id(self) -> str:
        return stable_id("user_id" if self.is_identified else "anonymous_id", self.name)

    @property
    def name(self) -> str:
        return f"u{self.number:04d}"

    @property
    def is_bot(self) -> bool:
        return self.number % 60 == 59

    @property
    def is_identified(self) -> bool:
        return not self.is_bot and self.number % 3 != 2

    @property
    def email(self) -> str | None:
        return f"{self.name}@example.com" if self.is_identified and self.number % 9 != 4 else None

    @property
    def first_seen_at(self) -> datetime:
        return AS_OF - timedelta(days=DAYS * (1 - self.draw("first")) + 0.2)

    @property
    def last_seen_at(self) -> datetime:
        return self.first_seen_at + (AS_OF - self.first_seen_at) * self.draw("last")

    def draw(self, what: str) -> float:
        """A number in [0, 1) that belongs to this person and this question."""
        return share(self.name, what)

    def pick(self, what: str, options: tuple[str, ...]) -> str:
        return options[int(self.draw(what) * len(options))]


def make_people(count: int) -> list[Person]:
    """The first so many people."""
    return [Person(number) for number in range(count)]


def people_tables(people: list[Person], trade: dict[str, list[Order]]) -> dict[str, list[dict[str, Any]]]:
    """All tables of this module."""
    sessions = [row for person in people for row in _sessions(person, len(trade.get(person.profile_id, ())))]
    visits: dict[str, int] = {}
    for session in sessions:
        visits[session["profile_id"]] = visits.get(session["profile_id"], 0) + 1
    first = people[0].profile_id
    return {
        "profiles": [_profile(p, trade.get(p.profile_id, []), visits.get(p.profile_id, 0)) for p in people],
        "identities": [row for person in people for row in _identities(person)],
        "profile_aliases": [
            {"alias_id": stable_id("anonymous_id", "old"), "profile_id": first, "since_at": AS_OF}
        ],
        "consents": [row for person in people for row in _consents(person)],
        "sessions": sessions,
        "scores": [_score(person) for person in people if person.is_identified],
        "model_runs": _model_runs(),
    }


def _profile(person: Person, orders: list[Order], visits: int) -> dict[str, Any]:
    bought = [order for order in orders if not order.is_cancelled]
    amount = sum((order.net_amount for order in bought), Decimal(0))
    first, last = NAMES[person.number % len(NAMES)].split()
    known = person.is_identified
    return {
        "profile_id": person.profile_id,
        "user_id": person.name if known else None,
        "anonymous_id_count": 1 + person.number % 3,
        "email": person.email,
        "phone": f"+4930{person.number:06d}" if known and person.number % 2 else None,
        "first_name": first if known else None,
        "last_name": last if known else None,
        "locale": "de-DE" if person.number % 2 else "en-GB",
        "time_zone": "Europe/Berlin",
        "country": person.pick("country", COUNTRIES),
        "city": "Berlin" if known else None,
        "birthday": date(1985, 3, 1 + person.number % 28) if known else None,
        "created_at": person.first_seen_at if known else None,
        "first_seen_at": person.first_seen_at,
        "last_seen_at": person.last_seen_at,
        "event_count": visits * 4,
        "session_count": visits,
        "order_count": len(bought),
        "order_amount": amount,
        "average_order_amount": (amount / len(bought)).quantize(Decimal("0.0001")) if bought else None,
        "currency": bought[0].currency if bought else None,
        "first_order_at": min((order.ordered_at for order in bought), default=None),
        "last_order_at": max((order.ordered_at for order in bought), default=None),
        "favourite_category": person.pick("taste", ("Garden", "Kitchen", "Books")),
        "usual_device": person.pick("device", ("phone", "desktop")),
        "is_bot": person.is_bot,
    }


def _identities(person: Person) -> list[dict[str, Any]]:
    pairs = [("anonymous_id", f"anon-{person.number:04d}")]
    if person.is_identified:
        pairs.append(("user_id", person.name))
    if person.email:
        pairs.append(("email", person.email))
    return [
        {"identifier_type": kind, "identifier_value": text, "profile_id": person.profile_id}
        for kind, text in pairs
    ]


def _consents(person: Person) -> list[dict[str, Any]]:
    if not person.email:
        return []
    return [
        {
            "profile_id": person.profile_id,
            "purpose": "marketing",
            "channel": channel,
            "is_granted": person.draw(f"consent {channel}") < 0.8,
            "legal_basis": "consent",
            "evidence": "checkout form",
            "effective_at": person.first_seen_at,
        }
        for channel in ("email", "sms")
    ]


def _sessions(person: Person, order_count: int) -> list[dict[str, Any]]:
    count = 1 + int(person.draw("visits") * 6) + order_count
    rows = []
    for index in range(count):
        started = person.first_seen_at + (AS_OF - person.first_seen_at) * share(
            f"{person.name}/{index}", "visit"
        )
        pages = 1 + int(share(f"{person.name}/{index}", "pages") * 7)
        rows.append(
            {
                "session_id": stable_id("session", person.name, str(index)),
                "profile_id": person.profile_id,
                "anonymous_id": f"anon-{person.number:04d}",
                "user_id": person.name if person.is_identified and pages > 2 else None,
                "started_at": started,
                "ended_at": started + timedelta(minutes=2 * pages),
                "event_count": pages + 1,
                "page_count": pages,
                "order_count": 1 if index < order_count else 0,
                "channel": CHANNELS[int(share(f"{person.name}/{index}", "channel") ** 1.6 * len(CHANNELS))],
                "channel_group": "Direct" if index % 3 else "Email",
                "device": person.pick("device", ("phone", "desktop")),
                "is_bot": person.is_bot,
            }
        )
    return rows


def _score(person: Person) -> dict[str, Any]:
    idle = (AS_OF - person.last_seen_at).days
    reasons = [
        {
            "feature": "days_since_last_visit",
            "value": idle,
            "median": 9,
            "effect": round(idle / 100 - 0.12, 2),
        },
        {
            "feature": "orders_in_90_days",
            "value": person.number % 4,
            "effect": -0.2 * (person.number % 4) - 0.05,
        },
    ]
    return {
        "profile_id": person.profile_id,
        "model": "churn",
        "score": min(0.97, 0.05 + idle / 40 + 0.3 * person.draw("churn") ** 2),
        "model_version": "3",
        "scored_at": AS_OF,
        "reasons": json.dumps(reasons),
    }


def _model_runs() -> list[dict[str, Any]]:
    metrics = {"auc": 0.8123, "pr_auc": 0.6412, "brier": 0.1534, "base_rate": 0.412, "lift_at_10": 2.05}
    challenger = {"auc": 0.7711, "brier": 0.1702}
    return [
        {
            "model": "churn",
            "model_version": version,
            "mlflow_run_id": stable_id("run", version),
            "trained_at": AS_OF - timedelta(days=age),
            "as_of": AS_OF - timedelta(days=age),
            "horizon_days": 30,
            "train_rows": 1200,
            "test_rows": 310,
            "test_cutoff_at": AS_OF - timedelta(days=age + 30),
            "candidate": "linear",
            "metric": metric,
            "metric_value": value,
            "is_champion": version == "3",
            "reason": "better than the one before",
        }
        for version, age, found in (("3", 1, metrics), ("4", 0, challenger))
        for metric, value in found.items()
    ]
