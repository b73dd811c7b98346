"""Many calls in flight, one answer each: what never left is deferred, what may have is unknown, none is lost."""

import json
import socket
import threading

import pytest

from activation.channels._calls import CallConnection
from activation.channels._verdicts import by_http
from activation.channels.contract import Answer, ChannelDown, Reason, Refused, Status
from activation.http import Call
from tests.unit.channels.messages import request_for


class _Echo:
    """Says what it is told to: the text of a request is the status that it wants to hear."""

    setting = "KITH_ECHO_BASE_URL"

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url

    def prepare(self, request):
        if request.text == "refuse":
            raise Refused("bad_link", "not a web address")
        if request.text == "no token":
            raise ChannelDown("KITH_ECHO_TOKEN")
        return Call("POST", f"{self.base_url}/{request.text}", {}, request.message_id.encode())

    def judge(self, request, exchange):
        if exchange.is_success:
            assert exchange.json_object()["id"] == request.message_id
            return Answer(request.message_id, Status.ACCEPTED)
        return by_http(exchange.status).answer(request, str(exchange.status), exchange.retry_after)


def _serve(server: socket.socket) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        threading.Thread(target=_answer, args=(connection,), daemon=True).start()


def _answer(connection: socket.socket) -> None:
    with connection, connection.makefile("rb") as file:
        while line := file.readline():
            status, length = line.split()[1].decode().strip("/"), 0
            while (header := file.readline()) not in (b"\r\n", b""):
                if header.lower().startswith(b"content-length"):
                    length = int(header.split(b":")[1])
            body = json.dumps({"id": file.read(length).decode()}).encode()
            if status == "cut":
                return
            head = f"HTTP/1.1 {status} X\r\nretry-after: 9\r\ncontent-length: {len(body)}\r\n\r\n"
            connection.sendall(head.encode() + body)


@pytest.fixture
def vendor():
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_serve, args=(server,), daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_calls__each_request_hears_its_own_answer(vendor):
    connection = CallConnection(_Echo(vendor), at_once=8)
    connection.open()
    texts = ["200", "refuse", "429", "503", "500", "cut", "401", "no token", "200"] * 5
    requests = [request_for(f"+1202555{n:04}", text=text) for n, text in enumerate(texts)]
    answers = connection.send(requests)
    connection.close()
    assert [answer.message_id for answer in answers] == [request.message_id for request in requests]
    expected = {
        "200": (Status.ACCEPTED, Reason.NONE, ""),
        "refuse": (Status.FAILED, Reason.CONTENT_REFUSED, "bad_link"),
        "429": (Status.DEFERRED, Reason.RATE_LIMITED, "rate_limited"),
        "503": (Status.DEFERRED, Reason.CHANNEL_UNAVAILABLE, "server_error"),
        "500": (Status.UNKNOWN, Reason.ANSWER_LOST, "server_error"),
        "cut": (Status.UNKNOWN, Reason.ANSWER_LOST, "connection_lost"),
        "401": (Status.FAILED, Reason.CHANNEL_MISCONFIGURED, "login_refused"),
        "no token": (Status.DEFERRED, Reason.CHANNEL_UNAVAILABLE, "no_access_token"),
    }
    assert [(a.status, a.reason, a.detail) for a in answers] == [expected[text] for text in texts]
    assert {a.retry_after for a, text in zip(answers, texts, strict=True) if text == "429"} == {9.0}


def test_calls__where_nobody_listens_nothing_left_and_the_setting_is_named(vendor):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        place = f"http://127.0.0.1:{gone.getsockname()[1]}"
    connection = CallConnection(_Echo(place))
    with pytest.raises(ChannelDown, match="KITH_ECHO_BASE_URL"):
        connection.open()
    (answer,) = connection.send([request_for(text="200")])
    assert (answer.status, answer.detail) == (Status.DEFERRED, "refused_connection")
    connection.close()


def test_calls__a_vendor_that_goes_away_is_looked_for_again(vendor):
    echo = _Echo(vendor)
    connection = CallConnection(echo)
    connection.open()
    echo.base_url = "http://127.0.0.1:1"
    assert connection.send([request_for(text="200")])[0].status is Status.DEFERRED
    with pytest.raises(ChannelDown):
        connection.open()
    echo.base_url = vendor
    connection.open()
    assert connection.send([request_for(text="200")])[0].status is Status.ACCEPTED
    connection.close()
