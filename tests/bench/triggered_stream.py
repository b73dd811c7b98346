"""The demo world at wall speed: customers order and people sign up, and somebody waits for the mail."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq

from kith.clock import VirtualClock
from kith.lake import Home
from kith.landing import LandingLog
from kith.settings import PROJECT
from kith.snapshot import current_snapshot

TICK, LATENESS = "15s", "5"
_CAMPAIGNS = {
    "order_received": "when: {event: Order Completed, key: order_id, again: always}\npurpose: transactional",
    "welcome": "when: {event: Signed Up}\npurpose: marketing\nholdout: 5%",
}
#: Other channels than mail, and journeys that go into another one.
_OTHERS = re.compile(
    r"by: .*\b(push|sms|voice|whatsapp|rcs|messenger|viber|zalo|in_app|web_message|webhook)\b|\bjourney: "
)
_CAMPAIGN = """name: {name}
description: What the bench waits for.
state: live
{when}
send: {name}
by: [email]
expires_after: 24h
goal: {{event: Product Viewed, within: 7d}}
"""
_BODY = 'Hello {{ first_name | default("there") }}, thank you.\n{{ unsubscribe_url }}\n{{ postal_address }}\n'


def lay_definitions(folder: Path) -> None:
    """The house's definitions less what goes by other channels than mail, and two campaigns that events set off."""
    shutil.copytree(PROJECT / "activation" / "definitions", folder)
    for kind in ("campaigns", "journeys"):
        for file in (folder / kind).glob("*.yml"):
            if _OTHERS.search(file.read_text()):
                file.unlink()
    for name, when in _CAMPAIGNS.items():
        (folder / "campaigns" / f"{name}.yml").write_text(_CAMPAIGN.format(name=name, when=when))
        template = folder / "templates" / name
        template.mkdir()
        (template / "template.yml").write_text(
            "description: What the bench waits for.\ndefaults: {postal_address: 1 Example Street}\n"
        )
        (template / "subject.txt").write_text("Thank you")
        (template / "body.txt").write_text(_BODY)
        (template / "body.html").write_text(f"<html><body><p>{_BODY}</p></body></html>")


class WallSpeed:
    """The home's virtual clock, moved on as the machine's goes."""

    def __init__(self, home: Path) -> None:
        self._clock = VirtualClock(home / "clock")
        self._begin, self._zero = self._clock.now(), time.monotonic()

    def now(self) -> datetime:
        return self._begin + timedelta(seconds=time.monotonic() - self._zero)

    @contextmanager
    def running(self) -> Iterator[None]:
        stop = threading.Event()

        def move() -> None:
            while not stop.wait(0.05):
                self._clock.set(self.now())

        mover = threading.Thread(target=move)
        mover.start()
        try:
            yield
        finally:
            stop.set()
            mover.join()


@contextmanager
def hot_runs(home: Path, definitions: Path, port: int, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`kith run --hot --every 15s`, writing a line a run."""
    told = {
        "KITH_HOME": str(home), "KITH_DEFINITIONS": str(definitions), "KITH_CLOCK": "virtual",
        "KITH_LATENESS": LATENESS, "KITH_SMTP_HOST": "127.0.0.1", "KITH_SMTP_PORT": str(port),
        "KITH_SMTP_SENDER": "hello@shop.example", "KITH_STATE_URL": "",
    }  # fmt: skip
    words = ["run", "--hot", "--every", TICK, "--format", "json"]
    with open(log, "wb") as out:
        command = [sys.executable, "-m", "kith.cli.main", *words]
        child = subprocess.Popen(command, env={**os.environ, **told}, stdout=out, stderr=subprocess.DEVNULL)
        try:
            yield child
        finally:
            child.kill()
            child.wait()


def customers(home: Path) -> list[tuple[str, str]]:
    """User ids with an address that nobody else has."""
    present = current_snapshot(Home(home))
    assert present is not None
    rows = pq.read_table(present.table("profiles"), columns=["user_id", "email"]).to_pylist()
    return [(row["user_id"], row["email"]) for row in rows if row["user_id"] and row["email"]]


class Stream:
    """An order a second, and each fifth second a sign-up instead; remembers when each line was landed, by address."""

    def __init__(self, home: Path, clock: WallSpeed) -> None:
        self.landed: dict[str, float] = {}
        self._home, self._clock, self._people = home, clock, iter(customers(home))

    def run(self, seconds: int) -> None:
        for number in range(seconds):
            lines, address = self._signed_up(number) if number % 5 == 4 else self._ordered(number)
            log = LandingLog(Home(self._home), "web", self._clock)
            log.append([json.dumps(line).encode() for line in lines], self._clock.now())
            log.close()
            self.landed[address] = time.time()
            time.sleep(1)

    def _ordered(self, number: int) -> tuple[list[dict[str, object]], str]:
        user_id, address = next(self._people)
        order = {"order_id": f"bench{number}", "revenue": 20.0, "total": 20.0, "currency": "EUR"}
        return [self._line(f"order{number}", "Order Completed", user_id, order)], address

    def _signed_up(self, number: int) -> tuple[list[dict[str, object]], str]:
        user_id, address = f"bench{number}", f"bench{number}@example.com"
        consent: dict[str, object] = {
            "purpose": "marketing",
            "channel": "email",
            "status": "granted",
            "email": address,
        }
        told = {"type": "identify", "event": None, "traits": {"email": address, "first_name": "Bo"}}
        return [
            {**self._line(f"identify{number}", "", user_id, {}), **told},
            self._line(f"consent{number}", "Consent Updated", user_id, consent),
            self._line(f"signed{number}", "Signed Up", user_id, {"method": "email"}),
        ], address

    def _line(self, key: str, event: str, user_id: str, properties: dict[str, object]) -> dict[str, object]:
        at = self._clock.now().isoformat()
        line: dict[str, object] = {"type": "track", "event": event, "messageId": f"bench-{self._begun}-{key}"}
        return {**line, "userId": user_id, "timestamp": at, "sentAt": at, "properties": properties}

    _begun = int(time.time())
