"""What a vendor hears and says: calls, replies, refusals, routes, and the calls it makes itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl


@dataclass(frozen=True)
class Call:
    """One request as it came. `path` is the vendor's own (its name on this server cut off) and still quoted; `url` is
    the whole. Names of headers are lower case. `parts` are the values of the route's {names}, unquoted."""

    method: str
    url: str
    path: str
    query: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes
    parts: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> Any:
        """The body as JSON. Raises ValueError."""
        return json.loads(self.body)

    def form(self) -> list[tuple[str, str]]:
        """The body as an HTML form, empty values kept."""
        return parse_qsl(self.body.decode("utf-8"), keep_blank_values=True)

    def header(self, name: str) -> str:
        return self.headers.get(name.lower(), "")

    def asked(self, name: str) -> str:
        """The first query value of that name."""
        return next((value for key, value in self.query if key == name), "")


@dataclass(frozen=True)
class Reply:
    """An answer. `body`: bytes go as they are, anything else as JSON; None is an empty body."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def content(self) -> tuple[bytes, dict[str, str]]:
        """The bytes, and the headers with the content type that belongs to them."""
        if self.body is None:
            return b"", dict(self.headers)
        if isinstance(self.body, bytes):
            return self.body, {"content-type": "text/plain", **self.headers}
        return json.dumps(self.body).encode(), {"content-type": "application/json", **self.headers}


class Refusal(Exception):
    """Raised by a route: the request breaks the vendor's rules. It is counted, with `why`, and answered by `reply`."""

    def __init__(self, why: str, reply: Reply) -> None:
        super().__init__(why)
        self.why, self.reply = why, reply


@dataclass(frozen=True)
class Route:
    """`pattern` is a path with {names}; a name stands for anything but a slash."""

    method: str
    pattern: str
    answer: Callable[[Call], Reply]


@dataclass(frozen=True)
class Callback:
    """A call that the vendor makes `after` seconds, again and again until it hears 2xx or has tried `tries` times."""

    url: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"
    after: float = 0.0
    tries: int = 5
