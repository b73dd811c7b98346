"""`campaign_http`: a million planned messages to a batch API, ledger included, beside the bare rendering and posts."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from activation.contract import PlannedMessage
from activation.delivery import vendors
from activation.delivery.composition import Composer, Draft
from activation.delivery.links import LinkSigner
from activation.delivery.template_store import TemplateStore
from activation.delivery.worker import deliver
from activation.gates.contract import _POLICY_SEAL, Permission
from kith.clock import FixedClock
from kith.lake import Home, commits
from kith.settings import Settings, export_environment, load_settings
from tests.bench import batch_sink
from tests.bench.campaign_world import AS_OF, lay_campaign
from tests.bench.frame import Entry

MESSAGES = 1_000_000
A_BILLION_A_DAY = 11_574


def prepare(folder: Path) -> None:
    lay_campaign(_settings(folder), MESSAGES)
    shutil.copy(folder / "home" / "state.db", folder / "state.before")


def reset(folder: Path) -> None:
    for name in ("state.db-wal", "state.db-shm", "plain.db"):
        (folder / "home" / name).unlink(missing_ok=True)
    shutil.copy(folder / "state.before", folder / "home" / "state.db")


def _settings(folder: Path) -> Settings:
    export_environment(KITH_HOME=str(folder / "home"), KITH_DEFINITIONS=str(folder / "definitions"))
    return load_settings()


@contextmanager
def _sink() -> Iterator[None]:
    command = [sys.executable, "-m", "tests.bench.batch_sink"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        export_environment(KITH_BENCH_SINK=process.stdout.readline().strip())
        try:
            yield
        finally:
            process.kill()


def ours(folder: Path) -> Mapping[str, Any]:
    """one worker: outbox to ledger, consent and suppression asked, rendered, posted, every outcome durable"""
    vendors.plugins = lambda *_: {"email_batch": batch_sink.plugin}  # type: ignore[assignment]
    with _sink():
        counts = deliver(_settings(folder), FixedClock(AS_OF))
    return {"accepted": counts.accepted, "left": counts.pending}


def baseline(folder: Path) -> Mapping[str, Any]:
    """the same rendering and the same posts, one after the other, and one plain SQLite insert per batch"""
    settings = _settings(folder)
    composer = Composer(TemplateStore(settings), LinkSigner(settings.secret, settings.public_url))
    database = sqlite3.connect(folder / "home" / "plain.db")
    database.execute("CREATE TABLE sent (message_id TEXT, provider_message_id TEXT)")
    tick = commits(Home(settings.home), "journeys")[-1]
    accepted = 0
    with _sink():
        connection = batch_sink.plugin.build()
        for batch in pq.ParquetFile(tick.table("outbox")).iter_batches(batch_size=batch_sink.BATCH):
            requests = [_request(composer, row) for row in batch.to_pylist()]
            answers = connection.send(requests)
            with database:
                rows = [(each.message_id, each.provider_message_id) for each in answers]
                database.executemany("INSERT INTO sent VALUES (?, ?)", rows)
            accepted += len(answers)
    return {"accepted": accepted, "left": 0}


def _request(composer: Composer, row: dict[str, Any]) -> Any:
    message = PlannedMessage.from_row(row)
    draft = composer.compose(message, batch_sink.plugin.capabilities)
    assert isinstance(draft, Draft)
    return draft.permitted(Permission(_POLICY_SEAL, message.message_id, "consent", ""))


def further(ours: Mapping[str, Any], baseline: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"accepted": ours["accepted"], "aim_per_second": A_BILLION_A_DAY}


ENTRY = Entry(
    name="campaign_http",
    work=f"{MESSAGES:,} messages to a batch API, {batch_sink.BATCH:,} a call, a segment's outbox to acceptance",
    prepare=prepare,
    ours=ours,
    baseline=baseline,
    reset=reset,
    target=0.5,
    further=further,
    rounds=1,
)
