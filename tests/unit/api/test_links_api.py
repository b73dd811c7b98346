"""The links of a message: what each request changes, and what it must never change."""

import json

import pytest
from starlette.testclient import TestClient

from activation.contract import PlannedMessage
from activation.delivery.links import LinkSigner, Purpose
from activation.delivery.schema import LEDGER
from api.app import create_app
from api.guards import BODY_LIMIT
from kith.ids import stable_id
from kith.landing import Cursor, tail
from kith.settings import Settings
from kith.state import StateDatabase

ID = stable_id("winback", "offer", "somebody")
TARGET = "https://shop.example/sale?a=1;b=2&c=%C3%A9#top"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def _ledger_row(clock) -> dict:
    names = (
        "journey_version",
        "enrolment_id",
        "profile_id",
        "template_version",
        "locale",
        "reason",
        "detail",
    )
    return {
        **dict.fromkeys(names, "x"),
        "message_id": ID,
        "journey": "winback",
        "step_id": "offer",
        "channel": "email",
        "purpose": "marketing",
        "template": "hello",
        "address": "a@shop.example",
        "identifiers": json.dumps(
            [["user_id", "u1"], ["email", "a@shop.example"], ["anonymous_id", "anon1"]]
        ),
        "variables": "{}",
        **dict.fromkeys(("decided_at", "not_after", "due_at", "loaded_at"), clock.now()),
        "is_transactional": False,
        "lane": 1,
        "state": "done",
        "attempts": 1,
        "is_uncertain": False,
        "outcome": "accepted",
    }


@pytest.fixture
def client(settings: Settings, clock):
    database = StateDatabase.open(settings)
    with database.begin() as connection:
        connection.execute(LEDGER.insert().values(_ledger_row(clock)))
    database.close()
    with TestClient(create_app(settings, clock), follow_redirects=False) as running:
        yield running


@pytest.fixture
def signer(settings: Settings) -> LinkSigner:
    return LinkSigner(settings.secret, "")


@pytest.fixture
def landed(home):
    """A function that answers all events landed so far."""

    def read() -> list[dict]:
        batches, _ = tail(home, Cursor())
        return [json.loads(line) for batch in batches for line in batch.lines]

    return read


def test_open_pixel__is_an_image_and_lands_an_open(client, signer, landed, clock):
    answer = client.get(signer.open_url(ID), headers={"user-agent": "Mail/1.0"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/gif")
    assert answer.content.startswith(b"GIF89a")
    assert answer.headers["cache-control"] == "no-store"
    (event,) = landed()
    assert event["event"] == "Email Opened"
    assert (event["userId"], event["anonymousId"]) == ("u1", "anon1")
    assert event["context"] == {"channel": "server", "ip": "testclient", "userAgent": "Mail/1.0"}
    about = {"message_id": ID, "campaign": "winback", "channel": "email", "purpose": "marketing"}
    assert about.items() <= event["properties"].items()
    assert event["properties"]["email"] == "a@shop.example"


def test_click__leads_to_the_signed_address_and_lands_it(client, signer, landed):
    answer = client.get(signer.click_url(ID, TARGET))
    assert (answer.status_code, answer.headers["location"]) == (302, TARGET)
    (event,) = landed()
    assert (event["event"], event["properties"]["url"]) == ("Email Link Clicked", TARGET)


def test_click__is_no_open_redirect(client, signer, landed):
    token = signer.token(Purpose.CLICK, ID, TARGET)
    evil = {"url": "https://evil.example"}
    for forged in (token[:-1] + "A", signer.token(Purpose.OPEN, ID), "https://evil.example"):
        assert client.get(f"/c/{forged}", params=evil).status_code == 404
    assert landed() == []
    assert client.get(f"/c/{token}", params=evil).headers["location"] == TARGET


@pytest.mark.parametrize("path", ["open_url", "unsubscribe_url"])
def test_links__head_changes_nothing(client, signer, landed, path):
    assert client.head(getattr(signer, path)(ID)).status_code == 200
    assert client.head(signer.click_url(ID, TARGET)).status_code == 302
    assert landed() == []


def test_unsubscribe__get_asks_and_changes_nothing(client, signer, landed):
    answer = client.get(signer.unsubscribe_url(ID))
    assert answer.status_code == 200
    assert '<form method="post">' in answer.text
    assert "shop.example" not in answer.text
    assert landed() == []


@pytest.mark.parametrize("form", ["urlencoded", "multipart", "the page's own"])
def test_unsubscribe__one_click_withdraws_once(client, signer, landed, form):
    bodies = {
        "urlencoded": {
            "content": b"List-Unsubscribe=One-Click",
            "headers": {"content-type": "application/x-www-form-urlencoded"},
        },
        "multipart": {"files": {"List-Unsubscribe": (None, "One-Click")}},
        "the page's own": {"data": ONE_CLICK},
    }
    answer = client.post(signer.unsubscribe_url(ID), **bodies[form])
    assert (answer.status_code, len(answer.history)) == (200, 0)
    assert "set-cookie" not in answer.headers
    (event,) = landed()
    assert event["event"] == "Unsubscribed"
    assert (event["properties"]["channel"], event["properties"]["purpose"]) == ("email", "marketing")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"content": b""},
        {"data": {"List-Unsubscribe": "one-click"}},
        {"data": {"list-unsubscribe": "One-Click"}},
        {"data": {"List-Unsubscribe": ["One-Click", "One-Click"]}},
        {"json": ONE_CLICK},
        {"params": ONE_CLICK},
        {"files": {"List-Unsubscribe": ("a.txt", b"One-Click")}},
        {"content": b"--x\r\nbroken", "headers": {"content-type": "multipart/form-data; boundary=x"}},
        {"content": b"List-Unsubscribe=One-Click", "headers": {"content-type": "text/plain"}},
    ],
)
def test_unsubscribe__a_post_without_the_pair_changes_nothing(client, signer, landed, body):
    assert client.post(signer.unsubscribe_url(ID), **body).status_code == 400
    assert landed() == []


def test_unsubscribe__another_purpose_s_token_is_refused(client, signer, landed):
    for token in (signer.token(Purpose.OPEN, ID), signer.token(Purpose.CLICK, ID, TARGET), "x", "a" * 9000):
        assert client.post(f"/u/{token}", data=ONE_CLICK).status_code == 404
        assert client.get(f"/u/{token}").status_code == 404
    assert landed() == []


def test_links__a_message_that_the_ledger_does_not_hold(client, signer, landed):
    stranger = stable_id("never planned")
    assert client.get(signer.open_url(stranger)).status_code == 200
    assert client.get(signer.click_url(stranger, TARGET)).headers["location"] == TARGET
    assert client.post(signer.unsubscribe_url(stranger), data=ONE_CLICK).status_code == 404
    assert landed() == []


@pytest.mark.parametrize("is_chunked", [False, True])
def test_guards__a_body_above_the_limit_is_refused(client, signer, landed, is_chunked):
    big = b"List-Unsubscribe=One-Click&x=" + b"a" * BODY_LIMIT
    content = iter([big[:100], big[100:]]) if is_chunked else big
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert client.post(signer.unsubscribe_url(ID), content=content, headers=headers).status_code == 413
    assert landed() == []


def test_guards__every_answer_bears_the_headers(client, signer):
    for path in ("/health", "/nowhere", signer.unsubscribe_url(ID), signer.open_url(ID), "/u/forged"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "set-cookie" not in headers


def test_health__answers(client):
    assert client.get("/health").json() == {"status": "ok"}


def test_links__an_event_that_can_t_be_landed_is_no_yes(client, signer, monkeypatch):
    def full(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("os.fdatasync", full)
    with pytest.raises(OSError, match="no space"):
        client.post(signer.unsubscribe_url(ID), data=ONE_CLICK)


def test_contract__the_ledger_s_row_is_a_planned_message(clock):
    assert PlannedMessage.from_row(_ledger_row(clock)).identifiers[0] == ("user_id", "u1")


@pytest.mark.parametrize(
    ("channel", "event"),
    [("sms", "SMS Link Clicked"), ("push", "Push Notification Tapped"), ("whatsapp", "Message Link Clicked")],
)
def test_click__is_told_in_the_words_of_its_channel(client, signer, settings, landed, channel, event):
    database = StateDatabase.open(settings)
    with database.begin() as connection:
        connection.execute(LEDGER.update().values(channel=channel))
    database.close()
    client.get(signer.click_url(ID, TARGET))
    (told,) = landed()
    assert (told["event"], told["properties"]["channel"]) == (event, channel)
