"""The demo's world in a folder, and quick copies of it for each round."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

from kith.settings import PROJECT, Settings, load_settings

LAUNCH = datetime.fromisoformat("2026-05-01T08:00:00+00:00")
PEOPLE = "10000"
WORK = "the demo world: 10,000 people, 120 days"


def enter(home: Path, smtp_port: int = 0) -> Settings:
    """Settle this process in a home, with the demo's virtual clock."""
    os.environ.update(
        KITH_HOME=str(home),
        KITH_CLOCK="virtual",
        KITH_SMTP_HOST="127.0.0.1",
        KITH_SMTP_PORT=str(smtp_port),
        KITH_SMTP_SENDER="hello@shop.example",
    )
    return load_settings()


def make_world(home: Path) -> None:
    """Months of raw events in the landing log of a fresh home."""
    environment = {**os.environ, "KITH_HOME": str(home), "SANDBOX_HOME": str(home.parent / "sandbox")}
    for words in (["init"], ["sandbox", "world", "--people", PEOPLE]):
        command = [sys.executable, "-m", "kith.cli.main", *words, "--format", "json"]
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)


def set_clock(home: Path, instant: datetime = LAUNCH) -> None:
    """So that a run looks from this instant."""
    (home / "clock").write_text((instant + timedelta(seconds=30)).isoformat())


def copy_home(pristine: Path, home: Path) -> None:
    """A home as it was before the round. Files that never change are linked, the others copied."""
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(pristine, home, copy_function=_link_or_copy)


def _link_or_copy(source: str, target: str) -> None:
    if source.endswith((".parquet", ".jsonl")):
        os.link(source, target)
    else:
        shutil.copy2(source, target)


def mail_sink(log: Path) -> tuple[subprocess.Popen[str], int]:
    """A mail server that takes everything, in a process of its own; and its port."""
    script = PROJECT / "tests" / "integration" / "delivery" / "smtp_sink.py"
    child = subprocess.Popen([sys.executable, str(script), str(log)], stdout=subprocess.PIPE, text=True)
    if child.stdout is None:
        raise RuntimeError("a child without an output")
    return child, int(child.stdout.readline())
