"""A platform of the test's own: it answers links over HTTP and sends mail over SMTP."""

import copy
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from kith.clock import FixedClock
from sandbox.answers import Answers
from sandbox.calendar import LAUNCH, from_hour
from sandbox.directory import Directory
from sandbox.mailbox import Habit, MailServer, Postbox
from sandbox.world import Shape, World


@dataclass
class Request:
    method: str
    path: str
    agent: str
    body: bytes
    kind: str


@dataclass
class Links:
    """What was fetched, in order."""

    port: int = 0
    requests: list[Request] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def asked(self, method: str, start: str) -> list[Request]:
        return [each for each in self.requests if each.method == method and each.path.startswith(start)]


@pytest.fixture
def links():
    """An HTTP server with a pixel, a redirect and an unsubscribe page."""
    found = Links()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            kind = self.headers.get("Content-Type", "")
            found.requests.append(
                Request(self.command, self.path, self.headers.get("User-Agent", ""), body, kind)
            )
            self.send_response(302 if self.path.startswith("/c/") else 200)
            self.send_header("Location", "https://shop.example/")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST = _answer

        def log_message(self, *_arguments: object) -> None:
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def launched():
    """A world lived up to its launch, in memory alone."""
    made = World(Shape(seed=7, people=200, days=8, live_days=2))
    for _hour in made.live(from_hour(made.calendar.first_hour), LAUNCH):
        pass
    return made


@pytest.fixture
def world(launched):
    """The same world for each test, to do with as it likes."""
    return copy.deepcopy(launched)


@dataclass
class Town:
    """Providers and people: a mail server with the answers behind it, and what was reported."""

    world: World
    answers: Answers
    postbox: Postbox
    server: MailServer
    reports: list[tuple[str, object]]


@pytest.fixture
def town(world, tmp_path):
    """Opens a town; keyword arguments are habits of its providers."""
    from contextlib import ExitStack

    with ExitStack() as stack:

        def open_town(**habit):
            reports = []
            directory = Directory(world.shop.people)
            answers = Answers(world, lambda event, deed: reports.append((event, deed)), directory.find)
            postbox = Postbox(tmp_path / "mail", FixedClock(LAUNCH))
            habits = Habit(directory.refuses, **{"greylists": False, **habit})
            server = stack.enter_context(MailServer(postbox, habits, answers.deliver))
            return Town(world, answers, postbox, server, reports)

        yield open_town
