"""How far a call got, over every client, against servers that behave as badly as there are."""

import socket
import threading
from contextlib import suppress

import pytest

from activation.http import Call, Exchange, Fate, Http2Client, HttpClient, ThreadClient


@pytest.fixture
def says():
    """says(bytes) → the URL of a server that answers every connection with them, and hangs up."""
    servers = []

    def start(answer, holds=False):
        server = socket.create_server(("127.0.0.1", 0))
        servers.append(server)

        def serve():
            kept = []
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    heard.append(connection.recv(65_536))
                    connection.sendall(answer)
                    kept.append(connection) if holds else connection.close()

        heard = []
        threading.Thread(target=serve, daemon=True).start()
        return f"http://127.0.0.1:{server.getsockname()[1]}/", heard

    yield start
    for server in servers:
        server.close()


@pytest.fixture(params=[HttpClient, ThreadClient])
def client(request):
    with request.param(timeout=0.4, connect_timeout=0.2) as opened:
        yield opened


@pytest.fixture
def loop_client():
    with HttpClient(timeout=0.4, connect_timeout=0.2) as opened:
        yield opened


def _post(url, **given):
    return Call("POST", url, {"a": "b"}, b"x", **given)


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Id: 7\r\n\r\nok"
MOVED = b"HTTP/1.1 302 Go\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
LONG = b"HTTP/1.1 %s\r\nContent-Length: 9\r\nRetry-After: 7\r\n\r\nok"


@pytest.mark.parametrize(
    ("answer", "holds", "fate", "status", "problem"),
    [
        (OK, False, Fate.ANSWERED, 200, ""),
        (LONG % b"200 OK", False, Fate.LOST, 200, "half_answer"),
        (LONG % b"200 OK", True, Fate.LOST, 200, "timed_out"),
        (LONG % b"503 No", False, Fate.ANSWERED, 503, "half_answer"),
        (LONG % b"429 No", True, Fate.ANSWERED, 429, "timed_out"),
        (MOVED, False, Fate.ANSWERED, 302, ""),
        (b"", False, Fate.LOST, 0, "connection_lost"),
        (b"", True, Fate.LOST, 0, "timed_out"),
        (b"nonsense\r\n\r\n", False, Fate.LOST, 0, "connection_lost"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nok", False, Fate.LOST, 0, "connection_lost"),
    ],
)  # fmt: skip
def test_call__what_left_and_was_not_answered_is_lost(client, says, answer, holds, fate, status, problem):
    exchange = client.call(_post(says(answer, holds)[0]))
    assert (exchange.fate, exchange.status, exchange.problem) == (fate, status, problem)
    assert exchange.is_success == (answer == OK)
    assert exchange.headers.get("retry-after") == ("7" if b"Retry-After" in answer else None)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"url": "http://127.0.0.1:1/"}, "refused_connection"),
        ({"url": "http://nobody.invalid/"}, "unknown_host"),
        ({"url": "nonsense"}, "bad_request"),
        ({"url": ""}, "bad_request"),
        ({"url": "http://[::1"}, "bad_request"),
        ({"headers": {"a": "b\r\nx: y"}}, "bad_request"),
        ({"headers": {"a\r\nx": "y"}}, "bad_request"),
        ({"method": "PO ST"}, "bad_request"),
    ],
)
def test_call__what_never_left_is_not_sent(client, says, change, problem):
    url, heard = says(OK)
    call = Call(**{"method": "POST", "url": url, "headers": {"a": "b"}, "body": b"x", **change})
    assert client.call(call) == Exchange(Fate.NOT_SENT, problem=problem)
    assert heard == [] or heard == [b""]


def test_call__tls_that_fails_has_sent_nothing(client, says):
    url, _heard = says(OK)
    exchange = client.call(_post("https" + url[4:]))
    assert (exchange.fate, exchange.problem) == (Fate.NOT_SENT, "tls_failed")


def test_call__an_answer_without_end_is_cut_off(client, says):
    url, _ = says(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 5_000)
    exchange = client.call(_post(url, largest=1_000))
    assert (exchange.fate, exchange.problem, exchange.body) == (Fate.LOST, "too_long", b"")


def test_call__a_guard_judges_the_address_and_not_the_name(says):
    url, heard = says(OK)
    asked = []
    with HttpClient(timeout=1.0, allows=lambda address: bool(asked.append(address))) as guarded:
        for place in (url, url.replace("127.0.0.1", "localhost")):
            assert guarded.call(_post(place)) == Exchange(Fate.NOT_SENT, problem="forbidden_address")
    assert heard == []
    assert set(asked) <= {"127.0.0.1", "::1"}
    assert "127.0.0.1" in asked


def test_calls__are_answered_in_their_order_and_one_fault_is_ones_own(loop_client, says):
    good, _ = says(OK)
    bad, _ = says(b"")
    told = loop_client.call_all([_post(good), _post(bad), _post("http://127.0.0.1:1/"), _post(good)])
    assert [each.fate for each in told] == [Fate.ANSWERED, Fate.LOST, Fate.NOT_SENT, Fate.ANSWERED]
    assert loop_client.call_all([]) == []


def test_client__opens_again_after_it_was_closed(client, says):
    url, _ = says(OK)
    assert client.call(_post(url)).is_success
    client.close()
    client.close()
    assert client.call(_post(url)).is_success


def test_http2__what_never_connected_is_not_sent_and_all_else_is_lost(says):
    client = Http2Client(timeout=0.4, connect_timeout=0.2)
    told = client.call_all(
        [
            _post("http://127.0.0.1:1/"),
            _post("nonsense"),
            _post(says(b"")[0]),
            _post(says(b"", holds=True)[0]),
        ]
    )
    client.close()
    assert [(each.fate, each.problem) for each in told] == [
        (Fate.NOT_SENT, "refused_connection"),
        (Fate.NOT_SENT, "bad_request"),
        (Fate.LOST, "connection_lost"),
        (Fate.LOST, "timed_out"),
    ]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": " 120 "}, 120.0),
        ({"retry-after": "99999999999999"}, 604_800.0),
        ({"retry-after": "²"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "soon"}, None),
        ({}, None),
        ({"retry-after": "Fri, 01 May 2026 08:02:00 GMT", "date": "Fri, 01 May 2026 08:00:00 GMT"}, 120.0),
        ({"retry-after": "Fri, 01 May 2026 07:00:00 GMT", "date": "Fri, 01 May 2026 08:00:00 GMT"}, 0.0),
        ({"retry-after": "Fri, 01 May 2026 08:02:00 GMT"}, None),
    ],
)
def test_retry_after__in_seconds_however_it_is_said(headers, seconds):
    assert Exchange(Fate.ANSWERED, 429, headers).retry_after == seconds


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff\xfe", b"[" * 100_000, b"null", b"[1]", b'"x"'])
def test_json__is_an_object_or_empty(body):
    assert Exchange(Fate.ANSWERED, 200, {}, body).json_object() == {}


def test_exchange__failures_after_which_nobody_knows():
    doubtful = {status for status in range(200, 600) if Exchange(Fate.ANSWERED, status).may_have_worked}
    assert doubtful == {500, 502, 504, 520, 522, 524}
    assert Exchange(Fate.LOST).may_have_worked
    assert not Exchange(Fate.NOT_SENT).may_have_worked


def test_call__its_secrets_are_not_in_its_repr():
    assert "hush" not in repr(Call("POST", "https://x.example", {"authorization": "hush"}, b"hush"))
