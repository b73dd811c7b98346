"""Where Spark listens: the server that SPARK_REMOTE names, else one of our own on a free loopback port.

Ours is Sail (package pysail, a Rust engine that speaks Spark Connect; no Java). Its tables live in a folder, its
catalog in the memory of one session: everybody who is to see the tables connects under the same session id.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kith.errors import KithError

SECONDS_TO_START = 30


@contextmanager
def spark_remote(folder: Path) -> Iterator[str]:
    """The address of a session (`sc://host:port/;session_id=…`); our own server ends with the block."""
    session = f"session_id={uuid.uuid4()}"
    given = os.environ.get("SPARK_REMOTE")
    if given:
        yield given if "session_id=" in given else f"{given.rstrip('/;')}/;{session}"
        return
    port = _free_port()
    command = [
        *_sail(),
        "spark",
        "server",
        "--ip",
        "127.0.0.1",
        "--port",
        str(port),
        "--directory",
        str(folder),
    ]
    log = folder / "sail.log"
    with (
        log.open("wb") as sink,
        subprocess.Popen(command, cwd=folder, stdout=sink, stderr=subprocess.STDOUT) as server,
    ):
        try:
            _wait(server, port, log)
            yield f"sc://127.0.0.1:{port}/;{session}"
        finally:
            server.terminate()


def _sail() -> list[str]:
    found = Path(sys.executable).with_name("sail")
    if not found.exists():
        raise KithError(
            "the Spark engine is not installed",
            expected=str(found),
            way_out="make .venv-spark/.done installs it",
        )
    return [str(found)]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < end and server.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise KithError("Sail did not start", where=str(log), way_out="its log says why")
