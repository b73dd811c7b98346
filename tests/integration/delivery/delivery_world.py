"""A small world for delivery tests: planned messages in the lake, people who said yes, and a real SMTP
server.
"""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic, sleep

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from activation.contract import OUTBOX_SCHEMA, enrolment_id, message_id
from activation.delivery.schema import LEDGER
from activation.rendering import load_template
from kith.clock import Clock
from kith.lake import Home, commit, commits
from kith.landing import Cursor, LandingLog, tail
from kith.settings import Settings
from kith.state import StateDatabase
from kith.times import format_instant, to_utc_naive

TEMPLATE = {
    "subject.txt": "Hello {{ first_name }}",
    "body.html": '<html><body><p>Hi {{ first_name }}, <a href="https://shop.example/sale?a=1&amp;b=2">look</a>'
    ' <a href="{{ unsubscribe_url }}">unsubscribe</a></p></body></html>',
    "body.txt": "Hi {{ first_name }}: https://shop.example/sale\n\nUnsubscribe: {{ unsubscribe_url }}\n",
}


@dataclass(frozen=True)
class Sink:
    """A running SMTP server and its log."""

    port: int
    log: Path

    def mails(self) -> list[dict[str, str]]:
        whole = self.log.read_bytes().split(b"\n")[:-1] if self.log.exists() else []
        return [json.loads(line) for line in whole]  # the sink may be in the middle of its last line

    def counts(self) -> Counter[str]:
        """How often each message id was taken."""
        return Counter(mail["message_id"] for mail in self.mails())


@contextmanager
def smtp_sink(folder: Path, gate: Path | None = None) -> Iterator[Sink]:
    """A sink that logs in `folder`. It answers no mail until the file `gate` is there."""
    log = folder / "sink.jsonl"
    script = Path(__file__).with_name("smtp_sink.py")
    told = [str(log), *([str(gate)] if gate else [])]
    process = subprocess.Popen([sys.executable, str(script), *told], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        yield Sink(int(process.stdout.readline()), log)
    finally:
        process.kill()
        process.wait()


def lay_template(definitions: Path, name: str = "hello") -> str:
    """Write the template's files; answers its version."""
    folder = definitions / "templates" / name
    folder.mkdir(parents=True, exist_ok=True)
    for file, content in TEMPLATE.items():
        (folder / file).write_text(content, encoding="utf-8")
    return load_template(folder).version


def plan(settings: Settings, addresses: Sequence[str], as_of: datetime, **changed: object) -> list[str]:
    """One tick whose outbox holds a `send` row per address. Answers the message ids."""
    version = lay_template(settings.definitions)
    rows = [_row(address, version, as_of, changed) for address in addresses]
    table = pa.Table.from_pylist(rows, schema=OUTBOX_SCHEMA)
    with commit(Home(settings.home), "journeys", meta={"as_of": format_instant(as_of)}) as writer:
        writer.write("outbox", table)
        writer.write("versions", _kept_template(version, as_of))
    return [row["message_id"] for row in rows]


def _kept_template(version: str, as_of: datetime) -> pa.Table:
    """What a plan leaves beside its messages: the template's files as they were."""
    row = {
        "kind": "template",
        "name": "hello",
        "version": version,
        "body": json.dumps(TEMPLATE, sort_keys=True),
    }
    return pa.Table.from_pylist([{**row, "as_of": to_utc_naive(as_of)}])


def _row(address: str, version: str, as_of: datetime, changed: Mapping[str, object]) -> dict:
    profile = f"profile-{address}"
    enrolment = enrolment_id("winback", profile, "", as_of)
    return {
        "message_id": message_id("winback", "offer", enrolment, as_of),
        "journey": "winback",
        "journey_version": "v1",
        "step_id": "offer",
        "enrolment_id": enrolment,
        "profile_id": profile,
        "channel": "email",
        "purpose": "marketing",
        "template": "hello",
        "template_version": version,
        "address": address,
        "identifiers": json.dumps([["user_id", f"u-{address}"], ["email", address]]),
        "locale": "en",
        "variables": json.dumps({"first_name": "Ada"}),
        "entered_at": to_utc_naive(as_of),
        "decided_at": to_utc_naive(as_of),
        "not_after": to_utc_naive(as_of + timedelta(days=2)),
        "decision": "send",
        "reason": "",
        "reason_detail": "",
        "is_holdout": False,
        "is_eligible": True,
        "is_transactional": False,
        "as_of": to_utc_naive(as_of),
        **changed,
    }


def land(
    settings: Settings, clock: Clock, events: Sequence[Mapping[str, object]], source: str = "web"
) -> None:
    log = LandingLog(Home(settings.home), source, clock)
    log.append([orjson.dumps(event) for event in events])
    log.close()


def consent_event(address: str, status: str, at: datetime, nonce: str = "") -> dict:
    return {
        "type": "track",
        "event": "Consent Updated",
        "messageId": f"consent-{address}-{status}-{nonce}",
        "userId": f"u-{address}",
        "timestamp": format_instant(at),
        "properties": {"purpose": "marketing", "channel": "email", "status": status, "email": address},
    }


def grant(settings: Settings, clock: Clock, addresses: Sequence[str]) -> None:
    """Everybody says yes, a day ago."""
    at = clock.now() - timedelta(days=1)
    land(settings, clock, [consent_event(address, "granted", at) for address in addresses])


def ledger_rows(settings: Settings) -> dict[str, sa.Row]:
    """The ledger by message id."""
    database = StateDatabase.open(settings)
    with database.read() as connection:
        rows = {row.message_id: row for row in connection.execute(sa.select(LEDGER))}
    database.close()
    return rows


def outcomes(settings: Settings) -> Counter[str]:
    return Counter(row.outcome for row in ledger_rows(settings).values())


def exported_ids(settings: Settings) -> Counter[str]:
    """How many outcome rows the lake holds of each message."""
    tables = [pq.read_table(found.table("outcomes")) for found in commits(Home(settings.home), "ledger")]
    return Counter(name for table in tables for name in table["message_id"].to_pylist())


def landed_events(home: Home, source: str) -> dict[str, dict]:
    """What landed from one source, by event id: the warehouse too keeps each id once."""
    batches, _ = tail(home, Cursor())
    lines = [orjson.loads(line) for batch in batches if batch.source == source for line in batch.lines]
    return {event["messageId"]: event for event in lines}


def until(holds: Callable[[], object]) -> None:
    """Wait for what another thread does; a failure where it never comes."""
    end = monotonic() + 15
    while not holds():
        assert monotonic() < end, "it never came"
        sleep(0.02)
