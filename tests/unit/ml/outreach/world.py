"""A small world of people with known rhythms and leanings, as arrays and as the tables of a run."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ml.outreach.history import Acts, Messages, People

AS_OF = np.datetime64("2026-05-01T08:00:00", "us")
DAY = np.timedelta64(1, "D")


def people_of(count, zone="Europe/Berlin", has_zone=(True,)):
    return People(
        np.array([f"p{number:05d}" for number in range(count)], dtype=object),
        np.full(count, zone, dtype=object),
        np.resize(np.array(has_zone), count),
    )


def acts_of(person, hour, days_ago):
    person, hour = np.asarray(person, np.int64), np.asarray(hour, np.int64)
    at = AS_OF - np.asarray(days_ago) * DAY
    return Acts(person, at, at, hour, np.zeros(len(person), np.int64))


def larks_and_owls(seed, count=300, visits=12, messages=10):
    """People who visit around 8 or around 20 h, and answer a message at their own hours three times as often."""
    chance = np.random.default_rng(seed)
    is_owl = np.arange(count) % 2 == 1
    peak = np.where(is_owl, 20, 8)
    whose = np.repeat(np.arange(count), visits)
    hour = (peak[whose] + np.round(chance.normal(0, 1.5, len(whose)))).astype(int) % 24
    acts = acts_of(whose, hour, chance.integers(0, 90, len(whose)))
    person = np.repeat(np.arange(count), messages)
    sent_hour = chance.integers(0, 24, len(person))
    distance = np.abs(sent_hour - peak[person])
    is_near = np.minimum(distance, 24 - distance) <= 3
    answered = chance.random(len(person)) < np.where(is_near, 0.6, 0.2)
    age = chance.uniform(4, 90, len(person))
    return people_of(count), acts, messages_of(person, sent_hour, answered, age), peak


def messages_of(person, hour, is_clicked, days_ago, channel=("email",), is_opened=None):
    order = np.argsort(-np.asarray(days_ago, float), kind="stable")
    count = len(order)
    channels = np.broadcast_to(np.array(channel, dtype=object), count)
    opened = np.asarray(is_clicked if is_opened is None else is_opened, bool)
    age = np.asarray(days_ago, float)[order]
    return Messages(
        np.asarray(person, np.int64)[order],
        channels[order],
        np.full(count, "c", dtype=object),
        AS_OF - (age * 86_400_000_000).astype("timedelta64[us]"),
        np.asarray(hour, np.int64)[order],
        np.zeros(count, np.int64),
        opened[order],
        np.asarray(is_clicked, bool)[order],
        np.full(count, 1.0),
        np.zeros(count),
    )


class Tables:
    """The published tables that a history is read from, filled row by row."""

    def __init__(self):
        self.rows = {
            name: []
            for name in ("profiles", "identities", "sessions", "events", "consents", "consent_history")
        }

    def profile(self, name, zone=None, *, email="a@shop.example", phone=None, is_bot=False, identifier=None):
        self.rows["profiles"].append(
            {"profile_id": name, "time_zone": zone, "email": email, "phone": phone, "is_bot": is_bot}
        )
        kind, value = identifier or ("user_id", f"u-{name}")
        self.rows["identities"].append(
            {"identifier_type": kind, "identifier_value": value, "profile_id": name}
        )

    def event(self, name, event, at, *, effective=None, is_machine=False, **properties):
        self.rows["events"].append(
            {
                "profile_id": name,
                "event": event,
                "occurred_at": at,
                "effective_at": effective or at,
                "properties": json.dumps(properties),
                "is_machine": is_machine,
            }
        )

    def visit(self, name, at, *, effective=None, channel="direct", is_bot=False):
        self.event(name, "Page Viewed", at, effective=effective)
        self.rows["sessions"].append(
            {
                "session_id": f"{name}{at}",
                "profile_id": name,
                "started_at": at,
                "channel": channel,
                "is_bot": is_bot,
            }
        )

    def message(self, name, message_id, at, *, channel="email", campaign="c", **properties):
        marks = {"message_id": message_id, "channel": channel, "campaign": campaign, "purpose": "marketing"}
        self.event(name, "Message Sent", at, **{**marks, **properties})

    def consent(
        self, name, channel, *, at=datetime(2025, 1, 1), is_granted=True, until=None, identifier=None
    ):
        row = {"purpose": "marketing", "channel": channel, "is_granted": is_granted}
        self.rows["consents"].append({**row, "profile_id": name, "effective_at": at})
        owner = next(each for each in self.rows["identities"] if each["profile_id"] == name)
        if identifier:
            owner = {"identifier_type": "email", "identifier_value": identifier, "profile_id": name}
            self.rows["identities"].append(owner)
        self.rows["consent_history"].append(
            {
                **row,
                "identifier_type": owner["identifier_type"],
                "identifier_value": owner["identifier_value"],
                "known_from": at,
                "known_to": until,
            }
        )

    def write(self, folder):
        for name, rows in self.rows.items():
            table = pa.Table.from_pylist(rows, schema=SCHEMAS[name])
            pq.write_table(table, folder / f"{name}.parquet")


_TEXT, _TIME, _YES = pa.string(), pa.timestamp("us"), pa.bool_()
SCHEMAS = {
    "profiles": pa.schema(
        [("profile_id", _TEXT), ("time_zone", _TEXT), ("email", _TEXT), ("phone", _TEXT), ("is_bot", _YES)]
    ),
    "identities": pa.schema([("identifier_type", _TEXT), ("identifier_value", _TEXT), ("profile_id", _TEXT)]),
    "sessions": pa.schema(
        [
            ("session_id", _TEXT),
            ("profile_id", _TEXT),
            ("started_at", _TIME),
            ("channel", _TEXT),
            ("is_bot", _YES),
        ]
    ),
    "events": pa.schema(
        [
            ("profile_id", _TEXT),
            ("event", _TEXT),
            ("occurred_at", _TIME),
            ("effective_at", _TIME),
            ("properties", _TEXT),
            ("is_machine", _YES),
        ]
    ),
    "consents": pa.schema(
        [
            ("profile_id", _TEXT),
            ("purpose", _TEXT),
            ("channel", _TEXT),
            ("is_granted", _YES),
            ("effective_at", _TIME),
        ]
    ),
    "consent_history": pa.schema(
        [
            ("identifier_type", _TEXT),
            ("identifier_value", _TEXT),
            ("purpose", _TEXT),
            ("channel", _TEXT),
            ("is_granted", _YES),
            ("known_from", _TIME),
            ("known_to", _TIME),
        ]
    ),
}

HORIZON = timedelta(days=3)
