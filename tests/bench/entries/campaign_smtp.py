"""`campaign_smtp`: a segment planned and mailed to postfix's smtp-sink, beside aiosmtplib, which is given the plan."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default
from email.utils import format_datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import sqlalchemy as sa

from activation.channels._mime import Letterhead
from activation.channels._smtp_settings import SmtpSettings
from activation.channels.contract import Capabilities
from activation.contract import PlannedMessage
from activation.delivery.composition import Composer, Draft
from activation.delivery.links import LinkSigner
from activation.delivery.schema import LEDGER
from activation.delivery.template_store import TemplateStore
from activation.delivery.vendors import channels
from activation.delivery.worker import deliver
from activation.journeys.planning import plan
from kith.clock import FixedClock
from kith.errors import KithError
from kith.lake import Home, commits
from kith.run import Run
from kith.settings import Settings, export_environment, load_settings
from kith.state import StateDatabase
from tests.bench.frame import Entry
from tests.bench.segment_campaign import AS_OF, NOW, lay_segment_campaign

#: So many that, less those held out, capped or without consent, 200,000 are written to.
MEMBERS = 222_000
AIM_PER_SECOND = 5_000
_SAMPLED = "00"  # mails whose id ends so are compared part by part
_FIELDS = ("To", "Subject", "Date", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post")


def prepare(folder: Path) -> None:
    """The world, and what will be planned in it, for the other side."""
    settings = _settings(folder)
    run = lay_segment_campaign(settings, MEMBERS)
    told = {"run_id": run.run_id, "path": str(run.path), "warehouse": str(run.warehouse)}
    (folder / "run.json").write_text(json.dumps(told))
    shutil.copytree(folder / "home", folder / "home.before")
    plan(settings, run)
    shutil.copy(commits(Home(settings.home), "journeys")[-1].table("outbox"), folder / "outbox.parquet")


def reset(folder: Path) -> None:
    shutil.rmtree(folder / "home")
    shutil.copytree(folder / "home.before", folder / "home")


def _settings(folder: Path) -> Settings:
    export_environment(KITH_HOME=str(folder / "home"), KITH_DEFINITIONS=str(folder / "definitions"))
    return load_settings()


def _run(folder: Path) -> Run:
    told = json.loads((folder / "run.json").read_text())
    return Run(told["run_id"], AS_OF, None, False, Path(told["path"]), Path(told["warehouse"]))


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
            export_environment(KITH_SMTP_HOST="127.0.0.1", KITH_SMTP_PORT=str(port))
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
    """planned (holdout, consent, cap) and sent by one worker: gate, ledger, rendering, mail, every outcome durable"""
    settings, sampled = _settings(folder), {}
    build = Letterhead.mail

    def kept(letterhead: Letterhead, request: Any) -> bytes:
        mail = build(letterhead, request)
        if request.message_id.endswith(_SAMPLED):
            sampled[request.message_id] = mail
        return mail

    Letterhead.mail = kept  # type: ignore[method-assign]
    with _sink():
        begun = time.perf_counter()
        planned = plan(settings, _run(folder))
        planning = time.perf_counter() - begun
        counts = deliver(settings, FixedClock(NOW))
    held = {"withheld": dict(planned.withheld), "planning_seconds": round(planning, 2)}
    return {"accepted": counts.accepted, "left": counts.pending, "sampled": sampled, **held}


def baseline(folder: Path) -> Mapping[str, Any]:
    """aiosmtplib given the plan: the same rendering, EmailMessage, a message a call on as many kept connections"""
    with _sink() as port:
        return asyncio.run(_send_all(_settings(folder), folder / "outbox.parquet", port))


async def _send_all(settings: Settings, outbox: Path, port: int) -> Mapping[str, Any]:
    from aiosmtplib import SMTP as Client

    composer = Composer(TemplateStore(settings), LinkSigner(settings.secret, settings.public_url))
    carries = channels()["email"]["smtp"].capabilities
    rows, sampled, taken = _rows(outbox), {}, []

    async def send_on() -> None:
        async with Client(hostname="127.0.0.1", port=port, use_tls=False, start_tls=False) as client:
            for row in rows:  # shared: each takes the next
                mail = _mail(composer, carries, row)
                errors, _ = await client.send_message(mail)
                if not errors:
                    taken.append(row["address"])
                if row["message_id"].endswith(_SAMPLED):
                    sampled[row["message_id"]] = mail.as_bytes()

    lines = SmtpSettings(host="127.0.0.1").connections
    await asyncio.gather(*(send_on() for _ in range(lines)))
    return {"accepted": len(taken), "left": 0, "recipients": _digest(taken), "sampled": sampled}


def _rows(outbox: Path) -> Iterator[dict[str, Any]]:
    for batch in pq.ParquetFile(outbox).iter_batches(batch_size=1_000):
        yield from (row for row in batch.to_pylist() if row["decision"] == "send")


def _mail(composer: Composer, carries: Capabilities, row: dict[str, Any]) -> EmailMessage:
    message = PlannedMessage.from_row(row)
    draft = composer.compose(message, carries)
    assert isinstance(draft, Draft)
    content = draft.wording.content
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"] = "no-reply@kith.example", message.address
    mail["Subject"] = content.subject
    mail["Date"] = format_datetime(message.decided_at)
    mail["Message-ID"] = f"<{message.message_id}@kith.example>"
    mail["List-Unsubscribe"] = f"<{draft.wording.unsubscribe_url}>"
    mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(content.text)
    mail.add_alternative(content.html, subtype="html")
    return mail


def tell(folder: Path, side: str, result: Mapping[str, Any]) -> Mapping[str, Any]:
    """Whom it reached, and a sample of mails as Python's own parser reads them."""
    sampled = result["sampled"]
    told = sha256(b"".join(_read(sampled[name]) for name in sorted(sampled)))
    recipients = result["recipients"] if side == "baseline" else _reached(_settings(folder))
    found = {"recipients": recipients, "sampled": len(sampled), "parsed": told.hexdigest()}
    return {**result, **found}


def _reached(settings: Settings) -> str:
    """The addresses that the ledger holds as accepted."""
    database = StateDatabase.open(settings)
    with database.read() as connection:
        found = list(connection.scalars(sa.select(LEDGER.c.address).where(LEDGER.c.outcome == "accepted")))
    database.close()
    return _digest(found)


def _digest(addresses: list[str]) -> str:
    return sha256("\n".join(sorted(addresses)).encode()).hexdigest()


def _read(raw: bytes) -> bytes:
    """Without the folding of long headers and the line ends, which each builder has of its own."""
    mail = message_from_bytes(raw, policy=default)
    bodies = [mail.get_body((kind,)) for kind in ("plain", "html")]
    told = [str(mail[field]).strip() for field in _FIELDS]
    texts = [[] if body is None else body.get_content().strip().splitlines() for body in bodies]
    return repr([told, texts]).encode()


_AGREED = ("accepted", "left", "recipients", "sampled", "parsed")


def further(ours: Mapping[str, Any], baseline: Mapping[str, Any]) -> Mapping[str, Any]:
    told = {name: ours[name] for name in ("accepted", "withheld", "planning_seconds")}
    return {**told, "aim_per_second": AIM_PER_SECOND}


ENTRY = Entry(
    name="campaign_smtp",
    work=f"a segment of {MEMBERS:,} to smtp-sink: holdout, consent, cap, plan, ledger, rendering, mail",
    prepare=prepare,
    ours=ours,
    baseline=baseline,
    reset=reset,
    target=3.0,
    tell=tell,
    agree=lambda one, other: all(one[name] == other[name] for name in _AGREED) and one["accepted"] > 0,
    further=further,
    rounds=1,
)
