"""Messages inside the app, from the outbox to the app and back, over a real server."""

from __future__ import annotations

import base64
import json
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic, sleep
from typing import Any

import httpx
import jwt
import pytest
import uvicorn

from activation.delivery.links import LinkSigner, Purpose
from activation.delivery.worker import deliver
from activation.inbox import Inbox
from activation.inbox.tokens import AUDIENCE, LONGEST, InboxKey
from api.app import create_app
from kith.clock import FixedClock, VirtualClock
from kith.ids import stable_id
from kith.lake import Home
from kith.landing import Cursor, tail
from kith.settings import Settings, load_settings
from tests.integration.delivery.delivery_world import consent_event, land, plan

PAGE = "https://shop.example"
HOUR = timedelta(hours=1)


@dataclass
class App:
    """A person's app, or page, talking to the platform."""

    settings: Settings
    clock: FixedClock
    url: str
    user: str

    @property
    def key(self) -> InboxKey:
        return InboxKey(self.settings.secret)

    def ask(self, method: str, path: str, token: str | None = None, **more: Any) -> httpx.Response:
        token = self.key.token(self.user, self.clock.now() + HOUR) if token is None else token
        headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
        return httpx.request(method, f"{self.url}/inbox/{path}", headers=headers, timeout=10, **more)

    def titles(self, path: str = "in_app") -> list[str]:
        return [each["id"] for each in self.ask("GET", path).json()["messages"]]

    def events(self) -> Counter[str]:
        """What landed of messages, each event once, as the warehouse keeps it."""
        return Counter(event["event"] for event in self.landed().values())

    def landed(self) -> dict[str, dict[str, Any]]:
        batches, _ = tail(Home(self.settings.home), Cursor())
        lines = [json.loads(line) for batch in batches if batch.source == "links" for line in batch.lines]
        return {line["messageId"]: line for line in lines}


@pytest.fixture
def app(settings: Settings, clock: FixedClock, tmp_path: Any, monkeypatch: Any) -> Iterator[App]:
    monkeypatch.setenv("KITH_DEFINITIONS", str(tmp_path / "definitions"))
    monkeypatch.setenv("KITH_CLOCK", "virtual")
    monkeypatch.setenv("KITH_INBOX_ORIGINS", f"https://other.example {PAGE}")
    own = load_settings()
    VirtualClock(own.clock_file).set(clock.now())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(create_app(own, clock), port=port, log_level="critical"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    end = monotonic() + 15
    while not server.started:
        assert monotonic() < end
        sleep(0.02)
    yield App(own, clock, f"http://127.0.0.1:{port}", "u1")
    server.should_exit = True
    thread.join(10)


def sent(app: App, user: str = "u1", channel: str = "in_app") -> str:
    """One message, put into the inbox by a worker."""
    event = consent_event(user, "granted", app.clock.now(), channel)
    properties = {**event["properties"], "channel": channel}
    properties.pop("email")
    land(app.settings, app.clock, [{**event, "userId": user, "properties": properties}])
    identifiers = json.dumps([["user_id", user]])
    (message_id,) = plan(
        app.settings, [user], app.clock.now(), channel=channel, identifiers=identifiers, profile_id=user
    )
    done = deliver(app.settings, app.clock)
    assert done.accepted == 1
    return message_id


def test_inbox__shows_a_person_their_message_and_hears_what_they_did(app: App) -> None:
    message_id = sent(app)
    (shown,) = app.ask("GET", "in_app").json()["messages"]
    assert shown["id"] == message_id
    assert shown["title"] == "Hello Ada"
    assert shown["opened_at"] is None
    for deed in ("delivered", "opened", "opened", "clicked", "dismissed", "clicked"):
        more = {"json": {"url": "https://shop.example/sale"}} if deed == "clicked" else {}
        assert app.ask("POST", f"in_app/{message_id}/{deed}", **more).status_code == 204
    assert app.events() == Counter(
        {"Message Delivered": 1, "Message Opened": 1, "Message Link Clicked": 1, "Message Dismissed": 1}
    )
    clicked = next(each for each in app.landed().values() if each["event"] == "Message Link Clicked")
    assert clicked["properties"]["url"] == "https://shop.example/sale"
    assert (clicked["properties"]["message_id"], clicked["userId"]) == (message_id, "u1")
    assert app.titles() == []


def test_inbox__a_deed_told_again_after_a_crash_is_one_event(app: App, monkeypatch: Any) -> None:
    message_id = sent(app)
    with monkeypatch.context() as patched:
        patched.setattr(Inbox, "note", _dies)
        assert app.ask("POST", f"in_app/{message_id}/opened").status_code == 500
    app.clock.set(app.clock.now() + timedelta(seconds=5))
    assert app.ask("POST", f"in_app/{message_id}/opened").status_code == 204
    assert app.events() == Counter({"Message Opened": 1})


def _dies(*_: object) -> None:
    raise RuntimeError("the disk is full")


def test_inbox__keeps_what_was_read_apart(app: App) -> None:
    message_id = sent(app)
    app.ask("POST", f"in_app/{message_id}/opened")
    assert app.titles() == []
    assert app.titles("in_app?unread=false") == [message_id]
    app.clock.set(app.clock.now() + timedelta(days=3))
    assert app.titles("in_app?unread=false") == [], "its time is over"


def test_inbox__answers_304_until_something_changes(app: App) -> None:
    message_id = sent(app)
    first = app.ask("GET", "in_app")
    again = app.ask("GET", "in_app", headers={"If-None-Match": first.headers["etag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    app.ask("POST", f"in_app/{message_id}/dismissed")
    changed = app.ask("GET", "in_app", headers={"If-None-Match": first.headers["etag"]})
    assert (changed.status_code, changed.json()) == (200, {"messages": []})


def test_inbox__of_another_person_is_neither_seen_nor_changed(app: App) -> None:
    message_id = sent(app)
    app.user = "u2"
    assert app.titles() == []
    assert app.ask("POST", f"in_app/{message_id}/opened").status_code == 404
    app.user = "u1"
    assert app.ask("POST", f"web_message/{message_id}/opened").status_code == 404
    assert app.titles("web_message") == []
    assert app.events() == Counter()


def test_inbox__opens_to_no_other_token(app: App) -> None:
    sent(app)
    now, key = app.clock.now(), app.key
    ok = {"sub": "u1", "aud": AUDIENCE, "exp": int((now + HOUR).timestamp())}
    header, payload, mark = key.token("u1", now + HOUR).split(".")
    bent = base64.urlsafe_b64encode(json.dumps({**ok, "sub": "u2"}).encode()).rstrip(b"=").decode()
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
    link = LinkSigner(app.settings.secret, "http://x").token(Purpose.OPEN, stable_id("m"))
    refused = [
        "x", link, f"{header}.{bent}.{mark}", f"{unsigned}.{payload}.", f"{header}.{payload}.",
        key.token("u1", now), key.token("u1", now - HOUR), key.token("u1", now + LONGEST + HOUR),
        InboxKey(b"another secret of a workspace").token("u1", now + HOUR),
        jwt.encode({**ok, "aud": "others"}, key.text, "HS256"),
        jwt.encode({"sub": "u1", "aud": AUDIENCE}, key.text, "HS256"),
        jwt.encode({**ok, "sub": ""}, key.text, "HS256"),
        jwt.encode(ok, key.text, "HS512"),
        "x" * 5_000,
    ]  # fmt: skip
    told = [app.ask("GET", "in_app", token) for token in refused]
    assert [each.status_code for each in told] == [401] * len(refused)
    assert {each.headers["www-authenticate"] for each in told} == {"Bearer"}
    assert httpx.get(f"{app.url}/inbox/in_app", timeout=10).status_code == 401
    assert app.ask("GET", "in_app", jwt.encode(ok, key.text, "HS256")).status_code == 200


def test_inbox__lets_named_pages_ask_and_no_others(app: App) -> None:
    opened = app.ask("GET", "in_app", headers={"Origin": PAGE})
    assert opened.headers["access-control-allow-origin"] == PAGE
    assert "access-control-allow-credentials" not in opened.headers
    refused = app.ask("GET", "in_app", "wrong", headers={"Origin": PAGE})
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, PAGE)
    for origin in ("https://evil.example", "null", "https://shop.example.evil.example", ""):
        other = app.ask("GET", "in_app", headers={"Origin": origin})
        assert "access-control-allow-origin" not in other.headers
    asked = {"Origin": PAGE, "Access-Control-Request-Method": "POST"}
    before = httpx.options(f"{app.url}/inbox/in_app/x/opened", headers=asked, timeout=10)
    assert before.status_code == 204
    assert "Authorization" in before.headers["access-control-allow-headers"]


@pytest.mark.parametrize(
    ("path", "status"),
    [("email", 422), ("in_app?limit=0", 422), ("in_app?limit=101", 422), ("in_app?unread=perhaps", 422)],
)
def test_inbox__says_what_it_cannot_be_asked(app: App, path: str, status: int) -> None:
    assert app.ask("GET", path).status_code == status


def test_inbox__takes_no_odd_deed_and_no_odd_address(app: App) -> None:
    message_id = sent(app)
    assert app.ask("POST", f"in_app/{message_id}/burnt").status_code == 422
    for url in ("javascript:alert(1)", "ftp://x", "/relative"):
        assert app.ask("POST", f"in_app/{message_id}/clicked", json={"url": url}).status_code == 204
    (event,) = app.landed().values()
    assert "url" not in event["properties"]
