"""A campaign about to be planned: a segment's members in the lake, the published tables, everybody's last word.

One person in `HELD_BACK` has said no, one has just heard from us, and a share is held out: none of them gets a mail.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from activation.delivery.bulk import insert_rows, stored
from activation.delivery.schema import CONSENT_NOW
from activation.segments.tables import EVALUATIONS, HISTORY, MEMBERS, POPULATION
from kith.clock import FixedClock
from kith.ids import stable_id
from kith.init import initialise
from kith.lake import Home, commit
from kith.run import Run, begin_run
from kith.settings import Settings
from kith.state import StateDatabase
from kith.times import to_utc_naive
from tests.scenarios import campaign_tables as published

AS_OF = datetime(2026, 5, 1, 8, tzinfo=UTC)
NOW = AS_OF + timedelta(seconds=30)
HELD_BACK = 40
_SPOKEN, _KNOWN = AS_OF - timedelta(days=30), AS_OF - timedelta(days=400)
_PARAGRAPH = "<p>Hello {{ first_name }}, what you looked at in {{ favourite_category }} is back for less.</p>"
TEMPLATE = {
    "subject.txt": "{{ first_name }}, new in {{ favourite_category }}",
    "body.html": "<!doctype html><html><body>"
    + _PARAGRAPH * 16
    + '<p><a href="https://shop.example/sale?from=mail&amp;in={{ favourite_category }}">Look</a>'
    ' <a href="https://shop.example/account">Account</a> <a href="{{ unsubscribe_url }}">Unsubscribe</a></p>'
    "</body></html>",
    "body.txt": "Hello {{ first_name }},\n\nit is back: https://shop.example/sale\n\n"
    "Unsubscribe: {{ unsubscribe_url }}\n",
}
_CAMPAIGN = """
name: sale
state: live
to: everybody
launch_at: 2026-05-01T08:00
window: 24h
send: sale
by: email
purpose: marketing
expires_after: 48h
holdout: 5%
caps: [marketing]
goal: {event: Order Completed, within: 7d}
"""
_CAP = "name: marketing\npurpose: marketing\nchannels: all\nlimits:\n  - {at_most: 1, per: 1d}\n"
_NAMES, _CATEGORIES = ("Ada", "Grace", "Emmy", "Zoë", "Łucja"), ("lamps", "kettles", "chairs", "radios")


@dataclass(frozen=True)
class _Crowd:
    """People by number, as columns."""

    count: int

    @property
    def numbers(self) -> range:
        return range(self.count)

    @property
    def profiles(self) -> list[str]:
        return [stable_id("user_id", f"u{number}") for number in self.numbers]

    @property
    def addresses(self) -> list[str]:
        return [f"person{number}@shop.example" for number in self.numbers]

    @property
    def granted(self) -> list[bool]:
        return [number % HELD_BACK != 1 for number in self.numbers]


def lay_segment_campaign(settings: Settings, count: int) -> Run:
    """`count` members of the campaign's segment, and the run that will plan it."""
    initialise(settings)
    _define(settings.definitions)
    crowd = _Crowd(count)
    _lay_segment(Home(settings.home), crowd)
    run = begin_run(settings, FixedClock(NOW), AS_OF)
    for name, rows in _published(crowd).items():
        pq.write_table(rows, run.path / f"{name}.parquet")
    _speak(settings, crowd)
    return run


def _define(definitions: Path) -> None:
    shutil.rmtree(definitions, ignore_errors=True)
    files = {
        **{f"templates/sale/{file}": text for file, text in TEMPLATE.items()},
        "campaigns/sale.yml": _CAMPAIGN,
        "caps/marketing.yml": _CAP,
    }
    for file, text in files.items():
        (definitions / file).parent.mkdir(parents=True, exist_ok=True)
        (definitions / file).write_text(text, encoding="utf-8")


def _lay_segment(home: Home, crowd: _Crowd) -> None:
    at = to_utc_naive(AS_OF)
    with commit(home, "segments") as writer:
        positions = pa.array(crowd.numbers, pa.int32())
        members = {"segment": ["everybody"] * crowd.count, "position": positions}
        writer.write("members", _table(MEMBERS.schema, members, entered_at=at))
        population = {"position": positions, "profile_id": crowd.profiles}
        writer.write("population", _table(POPULATION.schema, population))
        named = {"segment": "everybody", "version": "v"}
        entered = {"profile_id": crowd.profiles}
        told = {**named, "change": "entered", "reason": "behaviour", "at": at}
        writer.write("history", _table(HISTORY.schema, entered, **told))
        said = {**named, "as_of": at}
        counted = {"member_count": crowd.count, "found_count": crowd.count}
        held = {"members_commit": writer.name, "members_population": writer.name}
        writer.write("evaluations", pa.Table.from_pylist([{**said, **counted, **held}], EVALUATIONS.schema))


def _published(crowd: _Crowd) -> dict[str, pa.Table]:
    profiles, addresses = crowd.profiles, crowd.addresses
    twice = [*profiles, *profiles]
    kinds = ["user_id"] * crowd.count + ["email"] * crowd.count
    values = [f"u{number}" for number in crowd.numbers] + addresses
    who = {"identifier_type": kinds, "identifier_value": values}
    word = {"purpose": "marketing", "channel": "email", "legal_basis": "consent"}
    told = dict.fromkeys(("known_from", "binds_at", "told_at"), to_utc_naive(_SPOKEN))
    people = {"profile_id": profiles, "user_id": values[: crowd.count], "email": addresses}
    shown = {
        "first_name": [_NAMES[number % len(_NAMES)] for number in crowd.numbers],
        "favourite_category": [_CATEGORIES[number % len(_CATEGORIES)] for number in crowd.numbers],
    }
    consents = {"profile_id": profiles, "is_granted": crowd.granted}
    history = {**who, "is_granted": crowd.granted * 2}
    spoken = to_utc_naive(_SPOKEN)
    return {
        "profiles": _table(published.PROFILES, {**people, **shown}, locale="en-GB", order_count=1),
        "identities": _table(
            published.IDENTITIES, {**who, "profile_id": twice}, joined_at=to_utc_naive(_KNOWN)
        ),
        "profile_aliases": published.ALIASES.empty_table(),
        "consents": _table(published.CONSENTS, consents, **word, evidence="form", effective_at=spoken),
        "consent_history": _table(published.CONSENT_HISTORY, history, **word, **told, is_current=True),
        "profile_traits": published.TRAITS.empty_table(),
        "addresses": published.ADDRESSES.empty_table(),
        "events": _heard(crowd),
        "products": published.PRODUCTS.empty_table(),
    }


def _heard(crowd: _Crowd) -> pa.Table:
    """A message to each of those whom the cap keeps from another."""
    chosen = [number for number in crowd.numbers if number % HELD_BACK == 2]
    profiles = [stable_id("user_id", f"u{number}") for number in chosen]
    rows = {"event_id": [f"e{number}" for number in chosen], "profile_id": profiles}
    at = dict.fromkeys(
        ("occurred_at", "received_at", "effective_at"), to_utc_naive(AS_OF - timedelta(hours=2))
    )
    said = {"type": "track", "event": "Message Sent", "is_machine": False}
    properties = json.dumps({"channel": "email", "purpose": "marketing"})
    return _table(published.EVENTS, rows, **at, **said, properties=properties)


def _table(schema: pa.Schema, columns: dict[str, Any], **constants: Any) -> pa.Table:
    """Columns by name; a constant fills its column, and whatever is left is null."""
    count = len(next(iter(columns.values())))
    filled = [
        pa.array(columns[each.name], each.type)
        if each.name in columns
        else pa.array([constants.get(each.name)] * count, each.type)
        for each in schema
    ]
    return pa.Table.from_arrays(filled, schema=schema)


def _speak(settings: Settings, crowd: _Crowd) -> None:
    """Everybody's word in the state database, where the send gate reads it."""
    database = StateDatabase.open(settings)
    columns = [column.name for column in CONSENT_NOW.columns]
    with database.begin() as connection:
        at = stored(database.is_sqlite, _SPOKEN)
        rest = (at, "event", "consent", "form")
        insert_rows(connection, CONSENT_NOW, columns, list(_words(crowd, rest)))
    database.close()


def _words(crowd: _Crowd, rest: tuple[Any, ...]) -> Iterable[tuple[Any, ...]]:
    for number, (address, is_granted) in enumerate(zip(crowd.addresses, crowd.granted, strict=True)):
        for kind, value in (("email", address), ("user_id", f"u{number}")):
            yield (kind, value, "marketing", "email", is_granted, *rest)
