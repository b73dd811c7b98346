"""`campaign_smtp`: 200,000 planned messages to postfix's smtp-sink, ledger included, beside aiosmtplib."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from activation.contract import PlannedMessage
from activation.delivery.composition import Composer, Draft
from activation.delivery.links import LinkSigner
from activation.delivery.template_store import TemplateStore
from activation.delivery.vendors import channels
from activation.delivery.worker import deliver
from kith.clock import FixedClock
from kith.errors import KithError
from kith.lake import Home, commits
from kith.settings import Settings, export_environment, load_settings
from tests.bench.campaign_world import AS_OF, lay_campaign
from tests.bench.frame import Entry

MESSAGES = 200_000
AIM_PER_SECOND = 5_000


def prepare(folder: Path) -> None:
    lay_campaign(_settings(folder), MESSAGES)
    shutil.copy(folder / "home" / "state.db", folder / "state.before")


def reset(folder: Path) -> None:
    for name in ("state.db-wal", "state.db-shm"):
        (folder / "home" / name).unlink(missing_ok=True)
    shutil.copy(folder / "state.before", folder / "home" / "state.db")


def _settings(folder: Path) -> Settings:
    export_environment(KITH_HOME=str(folder / "home"), KITH_DEFINITIONS=str(folder / "definitions"))
    return load_settings()


@contextmanager
def _sink() -> Iterator[int]:
    """postfix's own sink: takes whatever comes and throws it away."""
    program = shutil.which("smtp-sink", path="/usr/sbin:/usr/bin:/usr/local/bin")
    if program is None:
        raise KithError("smtp-sink is not installed", way_out="apt-get install postfix")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    user = ["-u", "nobody"] if os.getuid() == 0 else []
    with subprocess.Popen([program, *user, f"127.0.0.1:{port}", "100"]) as process:
        try:
            _await(port)
            yield port
        finally:
            process.kill()


def _await(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.05)
    raise KithError(f"smtp-sink does not listen on {port}")


def ours(folder: Path) -> Mapping[str, Any]:
    """one worker: outbox to ledger, consent and suppression asked, rendered, built, sent, every outcome durable"""
    with _sink() as port:
        export_environment(KITH_SMTP_HOST="127.0.0.1", KITH_SMTP_PORT=str(port))
        counts = deliver(_settings(folder), FixedClock(AS_OF))
    return {"accepted": counts.accepted, "left": counts.pending}


def baseline(folder: Path) -> Mapping[str, Any]:
    """aiosmtplib on one kept connection, one message a call, the same rendering, EmailMessage"""
    with _sink() as port:
        return asyncio.run(_send_all(_settings(folder), port))


async def _send_all(settings: Settings, port: int) -> Mapping[str, Any]:
    from aiosmtplib import SMTP as Client

    composer = Composer(TemplateStore(settings), LinkSigner(settings.secret, settings.public_url))
    tick, accepted = commits(Home(settings.home), "journeys")[-1], 0
    async with Client(hostname="127.0.0.1", port=port, use_tls=False, start_tls=False) as client:
        for batch in pq.ParquetFile(tick.table("outbox")).iter_batches(batch_size=1_000):
            for row in batch.to_pylist():
                errors, _ = await client.send_message(_mail(composer, row))
                accepted += not errors
    return {"accepted": accepted, "left": 0}


def _mail(composer: Composer, row: dict[str, Any]) -> EmailMessage:
    message = PlannedMessage.from_row(row)
    draft = composer.compose(message, channels()["email"]["smtp"].capabilities)
    assert isinstance(draft, Draft)
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"] = "no-reply@kith.example", draft.address
    mail["Subject"] = draft.content.subject
    mail["Message-ID"] = f"<{message.message_id}@kith.example>"
    mail["List-Unsubscribe"] = f"<{draft.unsubscribe_url}>"
    mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(draft.content.text)
    mail.add_alternative(draft.content.html, subtype="html")
    return mail


def further(ours: Mapping[str, Any], baseline: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"accepted": ours["accepted"], "aim_per_second": AIM_PER_SECOND}


ENTRY = Entry(
    name="campaign_smtp",
    work=f"{MESSAGES:,} planned messages to smtp-sink: consent, ledger, rendering, mail",
    prepare=prepare,
    ours=ours,
    baseline=baseline,
    reset=reset,
    target=3.0,
    further=further,
    rounds=1,
)
