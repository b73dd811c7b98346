"""The platform as its users know it: `kith …` in child processes that know nothing of the sandbox."""

from __future__ import annotations

import queue
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import orjson

from kith.errors import KithError
from kith.settings import child_environment
from sandbox.settings import VARIABLES

READY_SECONDS = 60
SENDER = "hello@shop.example"
SENDER_NAME = "The Sandbox Shop"
NO_COUNTRY = "+999"  # the prefix of the world's numbers: no country has it


@dataclass(frozen=True)
class Platform:
    """How to call it. `prefix` are words before each command, such as those of setpriv or bwrap: they can
    take rights away from the platform that the sandbox has. `vendors` are the variables that lead to vendors over
    HTTP. `log` takes what children say.
    """

    home: Path
    smtp_host: str
    smtp_port: int
    api_port: int
    prefix: tuple[str, ...] = ()
    vendors: Mapping[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.api_port}"

    @property
    def log(self) -> Path:
        return self.home / "logs" / "demo.log"

    def environment(self) -> dict[str, str]:
        """Ours without the sandbox's variables, with the virtual clock and the vendors' addresses."""
        mine = {
            "KITH_HOME": str(self.home),
            "KITH_CLOCK": "virtual",
            "KITH_SMTP_HOST": self.smtp_host,
            "KITH_SMTP_PORT": str(self.smtp_port),
            "KITH_SMTP_SENDER": SENDER,
            "KITH_SMTP_SENDER_NAME": SENDER_NAME,
            "KITH_PUBLIC_URL": self.url,
            "KITH_PHONE_FICTION": NO_COUNTRY,
            **self.vendors,
        }
        return {name: value for name, value in child_environment(**mine).items() if name not in VARIABLES}

    def ask(self, *words: str) -> Any:
        """Run `kith … --format json` and answer what it printed. A failure is its own sentence."""
        done = subprocess.run(
            self._command([*words, "--format", "json"]), env=self.environment(),
            capture_output=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise KithError(_last_line(done.stderr), where=f"kith {words[0]}")
        return orjson.loads(done.stdout)

    @contextmanager
    def child(self, *words: str) -> Iterator[subprocess.Popen[str]]:
        """A `kith …` that stays; what it says on standard error goes to the log. Stopped on leaving."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with open(self.log, "a", encoding="utf-8") as log:
            child = subprocess.Popen(
                self._command(words), env=self.environment(), text=True,
                stdout=subprocess.PIPE, stderr=log,
            )  # fmt: skip
            try:
                yield child
            finally:
                _stop(child)

    @contextmanager
    def serving(self) -> Iterator[None]:
        """`kith serve`, ready to answer."""
        with self.child("serve", "--port", str(self.api_port)) as child:
            deadline = time.monotonic() + READY_SECONDS
            while not _answers(f"{self.url}/health"):
                if child.poll() is not None or time.monotonic() > deadline:
                    raise KithError("the API did not start", where=str(self.log), way_out="read the log")
                time.sleep(0.1)
            yield

    @contextmanager
    def runs(self, every_hours: int, times: int) -> Iterator[Callable[[], dict[str, Any]]]:
        """One `kith run` that stays for several runs; what is yielded waits for the next summary."""
        words = ("run", "--format", "json", "--every", f"{every_hours}h", "--times", str(times))
        with self.child(*words) as child:
            lines: queue.Queue[str | None] = queue.Queue()
            if child.stdout is None:
                raise KithError("a child without an output", where="kith run")
            threading.Thread(target=_read_lines, args=(child.stdout, lines), daemon=True).start()
            yield lambda: self._next_summary(child, lines)

    def _next_summary(self, child: subprocess.Popen[str], lines: queue.Queue[str | None]) -> dict[str, Any]:
        while (line := lines.get()) is not None:
            if line.startswith("{"):
                return orjson.loads(line)
        child.wait()
        said = _last_line(self.log.read_bytes())
        raise KithError(said, where=f"kith run, exit code {child.returncode}", way_out=f"see {self.log}")

    def _command(self, words: Sequence[str]) -> list[str]:
        return [*self.prefix, sys.executable, "-m", "kith.cli.main", *words]


def free_port(wanted: int, host: str = "127.0.0.1") -> int:
    """`wanted` if nobody listens there, else any free port."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise KithError("no free port", where=host)


def _read_lines(stream: TextIO, lines: queue.Queue[str | None]) -> None:
    for line in stream:
        lines.put(line)
    lines.put(None)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own API on loopback
            return answer.status < 500
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False


def _stop(child: subprocess.Popen[str]) -> None:
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _last_line(said: bytes) -> str:
    lines = [line.strip() for line in said.decode(errors="replace").splitlines() if line.strip()]
    return lines[-1].removeprefix("kith: ") if lines else "it said nothing"
