"""A campaign ready to leave: its outbox in the lake, everybody's consent in the state database, one template."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from activation.contract import OUTBOX_SCHEMA, enrolment_id, message_id
from activation.delivery.bulk import insert_rows, stored
from activation.delivery.schema import CONSENT_NOW
from activation.rendering import load_template
from kith.init import initialise
from kith.lake import Home, commit
from kith.settings import Settings
from kith.state import StateDatabase
from kith.times import format_instant, to_utc_naive

AS_OF = datetime(2026, 5, 1, 8, tzinfo=UTC)
_CHUNK = 50_000
_PARAGRAPH = "<p>Hello {{ first_name }}, the {{ product }} that you looked at is back, at a better price.</p>"
TEMPLATE = {
    "subject.txt": "{{ first_name }}, your {{ product }} is back",
    "body.html": "<!doctype html><html><body>"
    + _PARAGRAPH * 16
    + '<p><a href="https://shop.example/sale?from=mail&amp;item={{ product }}">Look</a>'
    ' <a href="https://shop.example/account">Account</a> <a href="{{ unsubscribe_url }}">Unsubscribe</a></p>'
    "</body></html>",
    "body.txt": "Hello {{ first_name }},\n\nthe {{ product }} is back: https://shop.example/sale\n\n"
    "Unsubscribe: {{ unsubscribe_url }}\n",
}
_NAMES, _PRODUCTS = ("Ada", "Grace", "Emmy", "Zoë", "Łucja"), ("lamp", "kettle", "chair", "radio")


def lay_campaign(settings: Settings, count: int) -> None:
    """`count` people, one planned message each, all of them granted."""
    initialise(settings)
    folder = settings.definitions / "templates" / "sale"
    folder.mkdir(parents=True, exist_ok=True)
    for file, content in TEMPLATE.items():
        (folder / file).write_text(content, encoding="utf-8")
    version = load_template(folder).version
    with commit(Home(settings.home), "journeys", meta={"as_of": format_instant(AS_OF)}) as writer:
        rows = [_row(number, version) for number in range(count)]
        writer.write("outbox", pa.Table.from_pylist(rows, schema=OUTBOX_SCHEMA))
    _grant(settings, count)


def _grant(settings: Settings, count: int) -> None:
    database = StateDatabase.open(settings)
    columns = [column.name for column in CONSENT_NOW.columns]
    with database.begin() as connection:
        at = stored(database.is_sqlite, AS_OF - timedelta(days=30))
        said = ("marketing", "email", True, at, "event", "consent", "form")
        for start in range(0, count, _CHUNK):
            addresses = [address_of(number) for number in range(start, min(start + _CHUNK, count))]
            insert_rows(connection, CONSENT_NOW, columns, [("email", each, *said) for each in addresses])
            insert_rows(
                connection, CONSENT_NOW, columns, [("user_id", f"u-{each}", *said) for each in addresses]
            )
    database.close()


def address_of(number: int) -> str:
    return f"person{number}@shop.example"


def _row(number: int, version: str) -> dict[str, object]:
    address, at = address_of(number), to_utc_naive(AS_OF)
    enrolment = enrolment_id("sale", f"p{number}", "", AS_OF)
    variables = {"first_name": _NAMES[number % 5], "product": _PRODUCTS[number % 4]}
    return {
        "message_id": message_id("sale", "offer", enrolment, AS_OF),
        "journey": "sale",
        "journey_version": "v1",
        "step_id": "offer",
        "enrolment_id": enrolment,
        "profile_id": f"p{number}",
        "channel": "email",
        "purpose": "marketing",
        "template": "sale",
        "template_version": version,
        "address": address,
        "identifiers": json.dumps([["user_id", f"u-{address}"], ["email", address]]),
        "locale": "en",
        "variables": json.dumps(variables),
        "entered_at": at,
        "decided_at": at,
        "not_after": at + timedelta(days=2),
        "decision": "send",
        "reason": "",
        "reason_detail": "",
        "is_holdout": False,
        "is_eligible": True,
        "is_transactional": False,
        "lifted": "[]",
        "as_of": at,
    }
