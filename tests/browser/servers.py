"""Real servers for the browser: a child process on a free port, its log kept for when it fails."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kith.settings import PROJECT, child_environment

READY_SECONDS = 120


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(command: list[str], probe: str, log: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """Run the command until the block is left; enters the block once `probe` answers 200."""
    with log.open("wb") as output:
        child = subprocess.Popen(
            command, env=child_environment(**environment), stdout=output, stderr=output, cwd=PROJECT
        )
    try:
        _await(child, probe, log)
        yield
    finally:
        child.terminate()
        try:
            child.wait(timeout=15)
        except subprocess.TimeoutExpired:
            child.kill()


def _await(child: subprocess.Popen[bytes], probe: str, log: Path) -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        if child.poll() is not None:
            break
        try:
            with urllib.request.urlopen(probe, timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    raise AssertionError(f"{probe} never answered:\n{log.read_text(errors='replace')[-3000:]}")


def ask_kith(home: Path, sql: str) -> list[dict[str, Any]]:
    """What `kith query` answers, in a process of its own."""
    kith = str(Path(sys.executable).parent / "kith")
    answer = subprocess.run(
        [kith, "query", sql, "--format", "json"],
        env=child_environment(KITH_HOME=str(home)),
        capture_output=True,
        text=True,
        check=False,
        cwd=PROJECT,
    )
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)
