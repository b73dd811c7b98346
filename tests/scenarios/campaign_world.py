"""A hand-made world for campaigns: people, consents and events in, the tick's tables out."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from activation.journeys.planning import PlanCounts, plan
from activation.segments.tables import EVALUATIONS, HISTORY, MEMBERS, POPULATION
from kith.clock import FixedClock
from kith.ids import stable_id
from kith.lake import Home, commit, commits
from kith.run import Run, begin_run, publish_run
from kith.settings import Settings
from tests.scenarios.campaign_tables import (
    ADDRESSES,
    ALIASES,
    CONSENT_HISTORY,
    CONSENTS,
    EVENTS,
    IDENTITIES,
    PRODUCTS,
    PROFILES,
    TRAITS,
)

LAUNCH = datetime(2026, 5, 1, 8, tzinfo=UTC)
DAY = timedelta(days=1)

KNOWN = LAUNCH - 400 * DAY  # since when everybody's identifiers are known
MUG = {
    "product_id": "p1",
    "name": "Amber Mug",
    "category": "Coffee",
    "price": Decimal("12.5000"),
    "currency": "EUR",
    "url": "https://shop.example/mug",
    "image_url": None,
    "order_count": 3,
}


def naive(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(tzinfo=None)


@dataclass(frozen=True)
class Person:
    """Somebody whom the campaign could reach unless a test says otherwise."""

    name: str
    consent: bool | None = True
    consent_at: datetime = LAUNCH - 30 * DAY
    email: str | None = "default"
    first_name: str | None = "Ada"
    favourite_category: str | None = "Coffee"
    locale: str | None = "en-GB"
    phone: str | None = None
    push: str | None = None  # a device's token
    time_zone: str | None = None
    channels: tuple[str, ...] = ("email",)  # that the word of consent is about

    @property
    def address(self) -> str | None:
        return f"{self.name}@example.com" if self.email == "default" else self.email

    @property
    def profile_id(self) -> str:
        return stable_id("user_id", self.name)


@dataclass
class World:
    """Write people and events, evaluate a segment, plan, look."""

    settings: Settings
    people: list[Person] = field(default_factory=list)
    merged: dict[str, str] = field(default_factory=dict)  # name → the name whose profile it became
    events: list[dict[str, Any]] = field(default_factory=list)
    products: list[dict[str, Any]] = field(default_factory=lambda: [MUG])
    _members: dict[str, set[str]] = field(default_factory=dict)

    @property
    def home(self) -> Home:
        return Home(self.settings.home)

    def define(self, kind: str, name: str, text: str) -> Path:
        folder = self.settings.definitions / kind
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}.yml"
        path.write_text(text, encoding="utf-8")
        return path

    def id_of(self, name: str) -> str:
        return stable_id("user_id", self.merged.get(name, name))

    def say(self, name: str, event: str, at: datetime, **properties: Any) -> None:
        """An event of this person, effective at `at`."""
        row = dict.fromkeys(EVENTS.names)
        row |= {
            "event_id": f"e{len(self.events)}",
            "type": "track",
            "event": event,
            "user_id": name,
            "profile_id": name,
            "properties": json.dumps(properties),
            "is_machine": False,
        }
        row |= dict.fromkeys(("occurred_at", "received_at", "effective_at"), naive(at))
        self.events.append(row)

    def evaluate(self, segment: str, at: datetime, names: set[str] | None = None) -> None:
        """The segment's members from `at` on, as the segments room commits them."""
        now = {self.id_of(name) for name in (names if names is not None else {p.name for p in self.people})}
        before = self._members.get(segment, set())
        changes = [(each, "entered") for each in sorted(now - before)]
        changes += [(each, "left") for each in sorted(before - now)]
        self._members[segment] = now
        history = [
            {
                "segment": segment,
                "version": "v",
                "profile_id": who,
                "change": change,
                "reason": "behaviour",
                "at": naive(at),
            }
            for who, change in changes
        ]
        row = {
            **dict.fromkeys(EVALUATIONS.schema.names),
            "segment": segment,
            "version": "v",
            "as_of": naive(at),
        }
        row |= {"member_count": len(now), "found_count": len(now)}
        people = sorted({who for inside in self._members.values() for who in inside})
        members = [
            {"segment": name, "position": people.index(who), "entered_at": naive(at)}
            for name, inside in self._members.items()
            for who in sorted(inside)
        ]
        with commit(self.home, "segments") as c:
            c.write("members", _table(members, MEMBERS.schema))
            c.write("history", _table(history, HISTORY.schema))
            population = [{"position": n, "profile_id": who} for n, who in enumerate(people)]
            c.write("population", _table(population, POPULATION.schema))
            row |= {"members_commit": c.name, "members_population": c.name}
            c.write("evaluations", _table([row], EVALUATIONS.schema))

    def begin(self, as_of: datetime) -> Run:
        """A run whose published core tables tell of this world as it is now."""
        run = begin_run(self.settings, FixedClock(as_of + timedelta(seconds=30)), as_of)
        self._publish_core(run)
        return run

    def plan(self, as_of: datetime, publish: bool = True) -> PlanCounts:
        """One run: begin, plan, and move the pointer."""
        run = self.begin(as_of)
        counts = plan(self.settings, run)
        if publish:
            publish_run(self.settings, run)
        return counts

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All rows of a table of the journeys room, commit after commit."""
        found = [pq.read_table(each.path / f"{table}.parquet") for each in commits(self.home, "journeys")]
        return [row for each in found for row in each.to_pylist()]

    def decisions(self, journey: str = "winback") -> dict[str, tuple[str, str]]:
        """Decision and reason by the name of the person, for one journey."""
        names = {person.profile_id: person.name for person in self.people}
        return {
            names[row["profile_id"]]: (row["decision"], row["reason"])
            for row in self.rows("outbox")
            if row["journey"] == journey
        }

    def _publish_core(self, run: Run) -> None:
        present = [person for person in self.people if person.name not in self.merged]
        profiles = [self._profile(person) for person in present]
        identities = [row for person in self.people for row in self._identities(person)]
        aliases = [
            {"alias_id": stable_id("user_id", old), "profile_id": self.id_of(old), "since_at": naive(LAUNCH)}
            for old in self.merged
        ]
        events = [{**row, "profile_id": self.id_of(row["profile_id"])} for row in self.events]
        visible = [row for row in events if row["effective_at"] < naive(run.as_of)]
        for name, rows, schema in (
            ("profiles", profiles, PROFILES),
            ("identities", identities, IDENTITIES),
            ("profile_aliases", aliases, ALIASES),
            ("consents", self._consents(), CONSENTS),
            ("consent_history", self._words(), CONSENT_HISTORY),
            ("profile_traits", [], TRAITS),
            ("addresses", [row for person in present for row in self._devices(person)], ADDRESSES),
            ("events", visible, EVENTS),
            ("products", self.products, PRODUCTS),
        ):
            pq.write_table(_table(rows, schema), run.path / f"{name}.parquet")

    def _profile(self, person: Person) -> dict[str, Any]:
        return {
            **dict.fromkeys(PROFILES.names),
            "profile_id": person.profile_id,
            "user_id": person.name,
            "email": person.address,
            "phone": person.phone,
            "time_zone": person.time_zone,
            "first_name": person.first_name,
            "locale": person.locale,
            "favourite_category": person.favourite_category,
            "order_count": 1,
            "last_order_at": datetime.combine(date(2026, 1, 1), datetime.min.time()),
        }

    def _identities(self, person: Person) -> list[dict[str, Any]]:
        pairs = [("user_id", person.name), ("email", person.address), ("phone", person.phone)]
        return [
            {
                "identifier_type": kind,
                "identifier_value": value,
                "profile_id": self.id_of(person.name),
                "joined_at": naive(KNOWN),
            }
            for kind, value in pairs
            if value
        ]

    def _devices(self, person: Person) -> list[dict[str, Any]]:
        """The device that notifications reach, if there is one."""
        row = {"profile_id": self.id_of(person.name), "channel": "push", "address": person.push}
        seen = dict.fromkeys(("first_seen_at", "last_seen_at"), naive(KNOWN))
        return [{**row, **seen, "retired_at": None, "is_current": True}] if person.push else []

    def _words(self) -> list[dict[str, Any]]:
        """What everybody said, a row per identifier."""
        return [
            {
                "identifier_type": row["identifier_type"],
                "identifier_value": row["identifier_value"],
                "purpose": "marketing",
                "channel": channel,
                "is_granted": person.consent,
                "legal_basis": "consent",
                "evidence": "form",
                "event_id": f"consent:{person.name}",
                "known_to": None,
                "is_current": True,
                **dict.fromkeys(("known_from", "binds_at", "told_at"), naive(person.consent_at)),
            }
            for person in self.people
            if person.consent is not None
            for row in self._identities(person)
            for channel in person.channels
        ]

    def _consents(self) -> list[dict[str, Any]]:
        """Strictest over those who became one person, as published."""
        rows: dict[str, dict[str, Any]] = {}
        for person in self.people:
            if person.consent is None:
                continue
            row = {
                "profile_id": self.id_of(person.name),
                "purpose": "marketing",
                "channel": "email",
                "is_granted": person.consent,
                "legal_basis": "consent",
                "evidence": "form",
                "effective_at": naive(person.consent_at),
            }
            known = rows.get(row["profile_id"])
            rows[row["profile_id"]] = row if known is None or known["is_granted"] else known
        return list(rows.values())


def _table(rows: list[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=schema)


def crowd(count: int) -> list[Person]:
    """That many people without anything special."""
    return [Person(f"u{number}") for number in range(count)]
