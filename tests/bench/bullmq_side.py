"""One BullMQ job per person and step, where Redis, Node and npm are: what a queue of jobs makes of the same motion."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PACKAGES = ("bullmq@6.7.0", "ioredis@5")
PEOPLE, STEPS = 5_000, 6
NEEDED = ("redis-server", "node", "npm")
_SCRIPT = Path(__file__).parent / "bullmq_jobs.js"


def moves_by_jobs(people: int = PEOPLE, steps: int = STEPS) -> Mapping[str, Any]:
    """`moves_a_second` of a worker with a hundred jobs at once, or `skipped` with the reason why it can't run."""
    missing = [each for each in NEEDED if shutil.which(each) is None]
    if missing:
        return {"skipped": f"one BullMQ job per person and step: {', '.join(missing)} isn't installed"}
    with tempfile.TemporaryDirectory(prefix="bullmq-") as folder:
        fetched = _fetch(Path(folder))
        if fetched:
            return {"skipped": f"one BullMQ job per person and step: npm said {fetched}"}
        with _redis(Path(folder)) as port:
            words = ["node", str(_SCRIPT), folder, str(port), str(people), str(steps)]
            told = subprocess.run(words, capture_output=True, text=True, check=False, timeout=1800)
    if told.returncode:
        return {"skipped": f"one BullMQ job per person and step: {_first_line(told.stderr)}"}
    found = json.loads(told.stdout.splitlines()[-1])
    return {"moves": found["moves"], "moves_a_second": found["moves"] / found["seconds"]}


def _first_line(text: str) -> str:
    return next((line for line in text.splitlines() if line.strip()), "nothing was said")


def _fetch(folder: Path) -> str:
    """Installs BullMQ there; answers what went wrong."""
    (folder / "package.json").write_text('{"private": true}')
    words = ["npm", "install", "--no-audit", "--no-fund", "--silent", *PACKAGES]
    told = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    return "" if told.returncode == 0 else _first_line(told.stderr)


@contextmanager
def _redis(folder: Path) -> Iterator[int]:
    """A server of its own on a free port, durable each second as Redis is by default with a log."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)]
    words += ["--appendonly", "yes", "--save", ""]
    server = subprocess.Popen(words, stdout=subprocess.DEVNULL, env=dict(os.environ))
    try:
        _wait_for(port)
        yield port
    finally:
        server.terminate()
        server.wait()


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("redis-server doesn't answer")
