"""Calls on the caller's own thread: connections are kept for the next one, and never trusted too long."""

from __future__ import annotations

import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from aiohttp import web

from activation.http import Call, Exchange, Fate, ThreadClient
from activation.http.wire import written
from tests.unit.http.test_calls import OK


@pytest.fixture
def client():
    with ThreadClient(timeout=0.4, connect_timeout=0.2) as opened:
        yield opened


class Server:
    """Answers with `pieces`, the next of them for each request it reads, and tells who called."""

    def __init__(self, *pieces: bytes, hangs_up: bool = False, seconds_between: float = 0.0) -> None:
        self.pieces, self.hangs_up, self.seconds_between = list(pieces), hangs_up, seconds_between
        self.heard: list[bytes] = []
        self.connections = 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}/"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while self.pieces:
            connection, _ = self._server.accept()
            self.connections += 1
            with connection:
                while self.pieces and (told := connection.recv(65_536)):
                    self.heard.append(told)
                    self._answer(connection, self.pieces.pop(0))
                    if self.hangs_up:
                        break

    def _answer(self, connection: socket.socket, answer: bytes) -> None:
        step = 1 if self.seconds_between else len(answer)
        for start in range(0, len(answer), step):
            time.sleep(self.seconds_between)
            try:
                connection.sendall(answer[start : start + step])
            except OSError:
                return


def _call(url: str, **given) -> Call:
    return Call(**{"method": "POST", "url": url, "headers": {"a": "ü"}, "body": b"x", **given})


def test_calls__of_one_place_share_a_connection(client):
    server = Server(OK, OK, OK)
    assert [client.call(_call(server.url)).body for _ in range(3)] == [b"ok"] * 3
    assert server.connections == 1


def test_call__on_a_connection_that_was_ended_meanwhile_goes_out_on_another(client):
    server = Server(OK, OK, hangs_up=True)
    assert client.call(_call(server.url)).is_success
    time.sleep(0.1)
    assert client.call(_call(server.url)).is_success
    assert server.connections == 2


def test_call__after_more_was_said_than_asked_goes_out_on_another(client):
    server = Server(OK, OK)
    assert client.call(_call(server.url)).is_success
    assert len(client._idle) == 1
    client._idle[0]._socket.send(b"unasked")
    time.sleep(0.1)
    assert not client._idle[0].is_fresh(4.0)


def test_call__after_a_rest_goes_out_on_another(client, monkeypatch):
    from activation.http import thread_client

    monkeypatch.setattr(thread_client, "KEPT_SECONDS", 0.0)
    assert client.call(_call(Server(OK).url)).is_success
    assert client._kept(client._idle[0].place) is None
    assert not client._idle


def test_calls__of_two_places_do_not_mix(client):
    one, other = Server(OK, OK), Server(OK, OK)
    for server in (one, other, one, other):
        assert client.call(_call(server.url)).is_success
    assert (len(one.heard), len(other.heard)) == (2, 2)
    assert (one.connections, other.connections) == (1, 1)


def test_call__that_broke_off_leaves_no_connection_behind(client):
    server = Server(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", OK, hangs_up=True)
    assert client.call(_call(server.url)).problem == "half_answer"
    assert not client._idle
    assert client.call(_call(server.url)).is_success


@pytest.mark.parametrize("slow", [OK, b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 50])
def test_call__an_answer_in_drops_keeps_to_the_time_of_the_whole_call(client, slow):
    began = time.monotonic()
    exchange = client.call(_call(Server(slow, seconds_between=0.05).url))
    assert (exchange.fate, exchange.problem) == (Fate.LOST, "timed_out")
    assert time.monotonic() - began < 0.8


@pytest.mark.parametrize("told", [b"+2", b"2_0", "²".encode()])
def test_call__a_length_that_is_none_is_not_believed(client, told):
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: " + told + b"\r\n\r\nok"
    exchange = client.call(_call(Server(answer, hangs_up=True).url))
    assert exchange == Exchange(Fate.LOST, problem="connection_lost")


def test_call__a_word_before_the_answer_is_not_the_answer(client):
    assert client.call(_call(Server(b"HTTP/1.1 100 Continue\r\n\r\n" + OK).url)).is_success
    early = client.call(_call(Server(b"HTTP/1.1 103 Early Hints\r\n\r\n", hangs_up=True).url))
    assert early.fate is Fate.LOST


def test_call__is_written_as_it_was_meant(client):
    server = Server(OK, OK, OK)
    url = server.url.replace("//", "//ann:s%40cret@") + "a b/ü?q=1&r=ü#part"
    client.call(_call(url, headers={"X-Y": "z"}))
    client.call(_call(server.url, method="GET", body=b""))
    client.call(_call(server.url, body=b""))
    head, body = server.heard[0].split(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    assert (first, body) == ("POST /a%20b/%C3%BC?q=1&r=%C3%BC HTTP/1.1", b"x")
    host = server.url.removeprefix("http://").rstrip("/")
    wanted = {f"host: {host}", "content-length: 1", "x-y: z", "authorization: Basic YW5uOnNAY3JldA=="}
    assert wanted <= set(lines)
    assert b"content-length" not in server.heard[1]
    assert b"content-length: 0" in server.heard[2]


@pytest.mark.parametrize(
    ("place", "told"), [("bücher.example:81", "xn--bcher-kva.example:81"), ("[::1]:8080", "[::1]:8080")]
)
def test_call__names_its_host_in_letters_that_every_server_knows(place, told):
    assert f"\r\nhost: {told}\r\n".encode() in written(_call(f"http://{place}/")).head


def test_call__redirects_are_not_followed(client):
    moved = b"HTTP/1.1 302 Go\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    assert client.call(_call(Server(moved).url)).status == 302


@pytest.fixture
def echo():
    """A real server: answers with what it was told; /early answers before it has heard all, and hangs up."""
    import asyncio

    async def tell(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        answer.enable_chunked_encoding()
        await answer.prepare(request)
        await answer.write(await request.read())
        return answer

    async def refuse(request: web.Request) -> web.Response:
        return web.Response(status=413, text="too large", headers={"connection": "close"})

    loop, ready = asyncio.new_event_loop(), threading.Event()
    app = web.Application(client_max_size=64 << 20)
    app.router.add_post("/", tell)
    app.router.add_post("/early", refuse)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)

    async def begin() -> None:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        ready.set()

    loop.create_task(begin())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    assert ready.wait(10)
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)


def test_calls__of_many_threads_each_hear_their_own_answer(echo):
    """Bodies of a few bytes and of megabytes, answers in chunks."""
    bodies = [json.dumps([n] * (1 + 20_000 * (n % 7))).encode() for n in range(120)]
    bodies += [b"x" * 3_000_000] * 4
    with ThreadClient(timeout=20.0) as client, ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda body: client.call(_call(echo, body=body, largest=4_000_000)), bodies))
        assert [each.body for each in told] == bodies
        assert 1 <= len(client._idle) <= 8


def test_call__an_answer_before_all_was_heard_is_an_answer(echo):
    with ThreadClient(timeout=20.0) as client:
        exchange = client.call(_call(f"{echo}early", body=b"x" * 8_000_000))
        assert (exchange.fate, exchange.status) == (Fate.ANSWERED, 413)
        assert not client._idle


def test_call__an_answer_before_a_hang_up_is_an_answer(client):
    """The other side has heard a part, answers and hangs up: what is still to be told breaks off."""
    refused = b"HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n"
    exchange = client.call(_call(Server(refused, hangs_up=True).url, body=b"x" * 8_000_000, timeout=20.0))
    assert (exchange.fate, exchange.status) == (Fate.ANSWERED, 413)
    assert not client._idle
