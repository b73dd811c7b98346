"""What was said to be kept is on the disk: a kill can't show that (the kernel keeps what was written), the order of
system calls does."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys

import pytest
from sqlalchemy import Engine, event

from activation.delivery.lines import Lines
from activation.delivery.worker import deliver
from kith.landing import LandingLog
from kith.settings import child_environment
from tests.integration.delivery.delivery_world import grant, plan

PEOPLE = [f"p{number}@shop.example" for number in range(3)]
_DELIVER = """
{bug}
from kith.clock import system_clock
from kith.settings import load_settings
from activation.delivery.worker import deliver
settings = load_settings()
assert deliver(settings, system_clock(settings)).accepted == 3
"""
#: The planted bug: a commit that the disk hasn't seen when it returns.
_NO_FSYNC = """
import kith.state.database as state
keep = state._pragmas
def hasty(connection, record):
    keep(connection, record)
    connection.execute("PRAGMA synchronous = NORMAL")
state._pragmas = hasty
"""
_CALL = re.compile(r"(pwrite64|fdatasync|fsync|sendto)\(\d+<([^>]*)>(.*)")


@pytest.fixture
def planned(world, clock, sink):
    ids = plan(world, PEOPLE, clock.now())
    grant(world, clock, PEOPLE)
    return ids


def _trace(world, clock, folder, bug: str = "") -> list[tuple[str, str, str]]:
    """(call, file, rest) of a delivery by a process of its own, in their order."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed")
    (world.home / "clock").write_text(clock.now().isoformat())
    calls = [
        "-f",
        "-y",
        "-s",
        "400",
        "-e",
        "trace=pwrite64,fdatasync,fsync,sendto",
        "-o",
        str(folder / "calls"),
    ]
    command = [strace, *calls, sys.executable, "-c", _DELIVER.format(bug=bug)]
    subprocess.run(command, env=child_environment(KITH_CLOCK="virtual"), check=True)
    found = (_CALL.search(line) for line in (folder / "calls").read_text().splitlines())
    return [(match[1], match[2], match[3]) for match in found if match]


def _sent_unsynced(calls) -> list[bool]:
    """For each mail: whether the ledger held anything that was not forced to the disk as it left."""
    is_dirty, told = False, []
    for call, file, rest in calls:
        if file.endswith("state.db-wal"):
            is_dirty = call == "pwrite64"
        if call == "sendto" and "Message-ID" in rest:
            told.append(is_dirty)
    return told


def test_durability__no_mail_leaves_before_its_mark_is_on_the_disk(world, clock, planned, tmp_path):
    assert _sent_unsynced(_trace(world, clock, tmp_path)) == [False] * len(planned)


def test_durability__without_fsync_mails_leave_before_their_mark_is(world, clock, planned, tmp_path):
    """The planted bug."""
    assert any(_sent_unsynced(_trace(world, clock, tmp_path, _NO_FSYNC)))


def test_durability__every_commit_waits_for_the_disk_and_the_mark_is_one(world, clock, planned, monkeypatch):
    levels, marked = set(), []

    def look(connection):
        levels.add(connection.exec_driver_sql("PRAGMA synchronous").scalar())

    send = Lines._send

    def looking(self, line, requests):
        with sqlite3.connect(f"file:{world.home / 'state.db'}?mode=ro", uri=True) as other:
            found = other.execute("SELECT message_id FROM ledger WHERE state = 'sending'").fetchall()
        marked.extend({name for (name,) in found} >= {each.message_id for each in requests} for _ in requests)
        return send(self, line, requests)

    monkeypatch.setattr(Lines, "_send", looking)
    event.listen(Engine, "commit", look)
    try:
        assert deliver(world, clock, wait=lambda _seconds: None).accepted == len(planned)
    finally:
        event.remove(Engine, "commit", look)
    assert levels == {2}  # FULL
    assert marked == [True] * len(planned)


def test_durability__a_landed_batch_is_on_the_disk_before_the_answer(home, clock, monkeypatch):
    synced: dict[str, int] = {}

    def noted(original):
        def sync(file):
            original(file)
            synced[os.readlink(f"/proc/self/fd/{file}")] = os.fstat(file).st_size

        return sync

    for name in ("fsync", "fdatasync"):
        monkeypatch.setattr(os, name, noted(getattr(os, name)))
    log = LandingLog(home, "test", clock)
    for number in range(3):
        log.append([b'{"n": %d}' % number])
        (segment,) = log.folder.iterdir()
        assert synced[str(segment)] == segment.stat().st_size > 0
        assert str(log.folder) in synced  # and its name in the folder
    log.close()
