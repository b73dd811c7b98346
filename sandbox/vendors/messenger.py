"""Facebook Messenger: shapes checked, only to who wrote to the page in the last 24 hours, signed deliveries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from sandbox.emulation import Call, Office, Reply, Route, Vendor
from sandbox.vendors._graph import GraphApp, Shape, broken, checked, error, throttled

PAGE_ID = "112233445566778"
WINDOW = timedelta(hours=24)
Title = Annotated[str, StringConstraints(min_length=1, max_length=20)]
Link = Annotated[str, StringConstraints(pattern=r"^https?://[!-~]+$")]


class _Recipient(Shape):
    id: Annotated[str, StringConstraints(pattern=r"^[0-9]{5,30}$")]


class _QuickReply(Shape):
    content_type: Literal["text"]
    title: Title
    payload: Annotated[str, StringConstraints(max_length=1_000)]


class _Button(Shape):
    type: Literal["web_url", "postback"]
    title: Title
    url: Link | None = None
    payload: str | None = None


class _Payload(Shape):
    url: Link | None = None
    is_reusable: bool = False
    template_type: Literal["button"] | None = None
    text: Annotated[str, StringConstraints(min_length=1, max_length=640)] | None = None
    buttons: Annotated[list[_Button], Field(min_length=1, max_length=3)] | None = None


class _Attachment(Shape):
    type: Literal["image", "video", "audio", "file", "template"]
    payload: _Payload

    @model_validator(mode="after")
    def _holds_its_type(self) -> _Attachment:
        is_template = self.type == "template"
        complete = self.payload.text and self.payload.buttons and self.payload.template_type
        if is_template != bool(complete) or is_template == bool(self.payload.url):
            raise ValueError("a template with text and buttons, or a file with its url")
        return self


class _Content(Shape):
    text: Annotated[str, StringConstraints(min_length=1, max_length=2_000)] | None = None
    attachment: _Attachment | None = None
    quick_replies: Annotated[list[_QuickReply], Field(max_length=13, default_factory=list)]
    metadata: Annotated[str, StringConstraints(max_length=1_000)] = ""

    @model_validator(mode="after")
    def _says_one_thing(self) -> _Content:
        if bool(self.text) == bool(self.attachment):
            raise ValueError("text or an attachment")
        return self


class _Message(Shape):
    recipient: _Recipient
    messaging_type: Literal["RESPONSE", "UPDATE"]
    message: _Content


class _Messenger:
    def __init__(self, office: Office) -> None:
        self.office, self.app = office, GraphApp(office)

    def send(self, call: Call) -> Reply:
        content = self.app.content(call)
        if call.parts["page"] != PAGE_ID:
            raise error(400, 100, "Unsupported post request", subcode=33)
        message = checked(_Message, content)
        person = message.recipient.id
        if self.office.habit.refuses(person):
            raise error(400, 100, "No matching user found", subcode=2018001)
        wrote = self.office.account.find("window", person)
        if wrote is None or datetime.fromisoformat(wrote["at"]) < self.office.now() - WINDOW:
            raise error(400, 10, "This message is sent outside of allowed window.", 2018278)
        name = f"m_{self.office.name_of('message')}"
        row = {"to": person, "message": content, "ref": message.message.metadata}
        self.office.take("message", name, row)
        now = _milliseconds(self.office)
        self.tell(person, {"delivery": {"mids": [name], "watermark": now}})
        return Reply(200, {"recipient_id": person, "message_id": name})

    def tell(self, person: str, event: Mapping[str, Any]) -> None:
        now = _milliseconds(self.office)
        told = {"sender": {"id": person}, "recipient": {"id": PAGE_ID}, "timestamp": now, **event}
        entry = [{"id": PAGE_ID, "time": now, "messaging": [told]}]
        self.app.tell(self.office.webhook("messenger_facebook"), {"object": "page", "entry": entry})


def reply(office: Office, person: str, text: str) -> None:
    """Somebody writes to the page: for 24 hours they may be written to."""
    office.account.write("window", person, {"at": office.now().isoformat()})
    name = f"m_{office.name_of('reply', person, text)}"
    office.account.write("reply", name, {"from": person, "text": text})
    _Messenger(office).tell(person, {"message": {"mid": name, "text": text}})


def seen(office: Office, person: str) -> None:
    """Somebody reads all that they got so far."""
    _Messenger(office).tell(person, {"read": {"watermark": _milliseconds(office)}})


def _milliseconds(office: Office) -> int:
    return int(office.now().timestamp() * 1_000)


def _routes(office: Office) -> Sequence[Route]:
    return [Route("POST", "/{version}/{page}/messages", _Messenger(office).send)]


def _settings(url: str, office: Office) -> Mapping[str, str]:
    app = GraphApp(office)
    return {
        "KITH_MESSENGER_BASE_URL": url,
        "KITH_MESSENGER_PAGE_ID": PAGE_ID,
        "KITH_MESSENGER_ACCESS_TOKEN": app.token,
        "KITH_MESSENGER_APP_SECRET": app.secret,
        "KITH_MESSENGER_VERIFY_TOKEN": app.word,
    }


plugin = Vendor(
    "messenger", _routes, _settings, rate=1_000.0, burst=1_000.0, throttled=throttled(613), broken=broken
)
