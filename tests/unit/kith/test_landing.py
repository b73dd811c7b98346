"""The landing log: nothing acknowledged is lost, nothing torn is read, sealing works from outside."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kith.clock import FixedClock, WallClock
from kith.errors import KithError
from kith.lake import Home
from kith.landing import Cursor, LandingLog, read_segment, seal_all, sealed_segments, tail

AT = datetime(2026, 5, 1, tzinfo=UTC)


def landed(home: Home) -> list[bytes]:
    seal_all(home)
    return [
        line for path in sealed_segments(home) for batch in read_segment(path).batches for line in batch.lines
    ]


def test_append__keeps_lines_as_they_arrived(home: Home, clock: FixedClock) -> None:
    lines = [b'{"a": 1}', b"not json \xff\x00", b"", '{"name":"Zoë"}'.encode()]
    log = LandingLog(home, "web", clock)
    log.append(lines, AT)
    log.append([b"second"])
    assert landed(home) == [*lines, b"second"]
    batches = read_segment(sealed_segments(home)[0]).batches
    assert [batch.received_at for batch in batches] == [AT, clock.now()]


def test_append__refuses_a_line_end_inside_a_line(home: Home, clock: FixedClock) -> None:
    with pytest.raises(KithError, match="line end"):
        LandingLog(home, "web", clock).append([b"a\nb"])


def test_append__refuses_a_source_that_is_no_name(home: Home, clock: FixedClock) -> None:
    with pytest.raises(KithError, match="no name of a source"):
        LandingLog(home, "../web", clock)


def test_append__goes_on_in_a_new_segment_after_a_seal(home: Home, clock: FixedClock) -> None:
    log = LandingLog(home, "web", clock)
    log.append([b"one"])
    assert seal_all(home) == 1
    log.append([b"two"])
    assert landed(home) == [b"one", b"two"]
    assert len(sealed_segments(home)) == 2


def test_append__from_many_threads_loses_nothing_while_another_seals(home: Home) -> None:
    log = LandingLog(home, "web", WallClock())

    def write(number: int) -> None:
        for count in range(20):
            log.append([f"{number}:{count}".encode()])

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        seal_all(home)
    assert sorted(landed(home)) == sorted(f"{a}:{b}".encode() for a in range(6) for b in range(20))


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_read_segment__stops_at_a_torn_batch_and_counts_it(home: Home, clock: FixedClock, cut: int) -> None:
    log = LandingLog(home, "web", clock)
    log.append([b"whole"])
    whole = next(home.landing.glob("web/*.open")).stat().st_size
    log.append([b"torn line one", b"torn line two"])
    log.close()
    path = next(home.landing.glob("web/*.open"))
    os.truncate(path, path.stat().st_size - cut)
    segment = read_segment(path)
    assert [batch.lines for batch in segment.batches] == [[b"whole"]]
    assert segment.torn == path.stat().st_size - whole > 0


def test_read_segment__does_not_believe_altered_bytes(home: Home, clock: FixedClock) -> None:
    LandingLog(home, "web", clock).append([b"honest"])
    path = next(home.landing.glob("web/*.open"))
    path.write_bytes(path.read_bytes().replace(b"honest", b"forged"))
    assert read_segment(path).batches == []


def test_append__takes_back_what_a_full_disk_cut_short(
    home: Home, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = LandingLog(home, "web", clock)
    log.append([b"first"])
    honest = os.write
    monkeypatch.setattr(os, "write", lambda file, data: _half_then_full(honest, file, data))
    with pytest.raises(OSError, match="No space"):
        log.append([b"second" * 100])
    monkeypatch.setattr(os, "write", honest)
    log.append([b"third"])
    assert landed(home) == [b"first", b"third"]


def _half_then_full(write, file: int, data: memoryview) -> int:
    if len(data) > 300:
        return write(file, data[: len(data) // 2])
    raise OSError(28, "No space left on device")


def test_tail__follows_open_and_sealed_segments(home: Home, clock: FixedClock) -> None:
    log = LandingLog(home, "web", clock)
    log.append([b"one"])
    batches, cursor = tail(home, Cursor())
    assert [batch.lines for batch in batches] == [[b"one"]]
    log.append([b"two"])
    seal_all(home)
    log.append([b"three"])
    batches, cursor = tail(home, Cursor.from_json(cursor.to_json()))
    assert sorted(batch.lines[0] for batch in batches) == [b"three", b"two"]
    assert tail(home, cursor)[0] == []


WRITER = """
import sys
from pathlib import Path
from kith.clock import WallClock
from kith.lake import Home
from kith.landing import LandingLog
log = LandingLog(Home(Path(sys.argv[1])), "web", WallClock())
for number in range(10**6):
    log.append([f"{sys.argv[2]}:{number}:{part}".encode() for part in range(40)])
    print(number, flush=True)
"""


@pytest.mark.soak
def test_append__survives_kills(home: Home, strikes: int | None, seed: int) -> None:
    """After kill -9 at random moments every acknowledged batch is there once and whole."""
    kills = strikes or 100
    acknowledged: set[str] = set()
    for number in range(kills):
        acknowledged |= _write_until_killed(home.root, number, seed)
    lines = [line.decode() for line in landed(home)]
    batches = {line.rsplit(":", 1)[0] for line in lines}
    assert len(lines) == len(set(lines)) == 40 * len(batches)
    lost = acknowledged - batches
    print(
        f"\nlanding: {kills} kills, {len(acknowledged)} batches acknowledged, {len(lost)} lost, seed {seed}"
    )
    assert not lost


def _write_until_killed(root: Path, number: int, seed: int) -> set[str]:
    child = subprocess.Popen([sys.executable, "-c", WRITER, str(root), str(number)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    first = child.stdout.readline()
    time.sleep(((number * 7919 + seed * 104_729) % 250) / 1000)
    child.send_signal(signal.SIGKILL)
    rest = child.stdout.read()
    child.wait()
    whole = (first + rest).split(b"\n")[:-1]
    return {f"{number}:{line.decode()}" for line in whole if line}
