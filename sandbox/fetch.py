"""HTTP as a mail reader, a scanner or a mailbox provider speaks it. Never leaves this machine."""

from __future__ import annotations

from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from sandbox.mail import ONE_CLICK

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
TIMEOUT_SECONDS = 20.0


@dataclass(frozen=True)
class Answer:
    """The status and where a redirect points. Status 0: nobody answered; -1: not on this machine."""

    status: int
    location: str | None = None

    @property
    def is_elsewhere(self) -> bool:
        return self.status == -1

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 400


def get(url: str, agent: str) -> Answer:
    """GET without following redirects: the shop behind them is told by the world, not fetched."""
    return _ask("GET", url, {"User-Agent": agent}, None)


def one_click(url: str, agent: str) -> Answer:
    """The POST of RFC 8058, section 3.2: no cookies, no referrer, the one form field."""
    headers = {"User-Agent": agent, "Content-Type": "application/x-www-form-urlencoded"}
    return _ask("POST", url, headers, ONE_CLICK.encode())


def _ask(method: str, url: str, headers: dict[str, str], body: bytes | None) -> Answer:
    parts = urlsplit(url)
    if parts.hostname not in LOOPBACK:
        return Answer(-1)
    connection = HTTPConnection(parts.hostname, parts.port or 80, timeout=TIMEOUT_SECONDS)
    path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    try:
        connection.request(method, path, body=body, headers=headers)
        response = connection.getresponse()
        response.read()
        return Answer(response.status, response.getheader("Location"))
    except (OSError, HTTPException):
        return Answer(0)
    finally:
        connection.close()
