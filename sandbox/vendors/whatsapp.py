"""WhatsApp's Cloud API: shapes checked, free messages only to who wrote in the last 24 hours, signed statuses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sandbox.emulation import Call, Office, Reply, Route, Vendor
from sandbox.vendors._graph import GraphApp, broken, checked, error, throttled
from sandbox.vendors._whatsapp_shapes import Message

NUMBER_ID, NUMBER = "106540352242922", "15550783881"
WINDOW = timedelta(hours=24)


class _WhatsApp:
    def __init__(self, office: Office) -> None:
        self.office, self.app = office, GraphApp(office)

    def send(self, call: Call) -> Reply:
        content = self.app.content(call)
        if call.parts["number"] != NUMBER_ID:
            raise error(400, 100, "Object does not exist", subcode=33)
        message = checked(Message, content)
        person = message.to.lstrip("+")
        if message.type != "template" and not self._is_open(person):
            raise error(400, 131047, "Re-engagement message")
        name = f"wamid.{self.office.name_of('message')}"
        row = {"to": f"+{person}", "message": content, "ref": message.biz_opaque_callback_data}
        self.office.take("message", name, row)
        self._tell(name, person, message.biz_opaque_callback_data)
        contacts = [{"input": message.to, "wa_id": person}]
        told = {"messaging_product": "whatsapp", "contacts": contacts, "messages": [{"id": name}]}
        return Reply(200, told)

    def _is_open(self, person: str) -> bool:
        wrote = self.office.account.find("window", person)
        return wrote is not None and datetime.fromisoformat(wrote["at"]) > self.office.now() - WINDOW

    def _tell(self, name: str, person: str, ref: str) -> None:
        gone = self.office.habit.refuses(f"+{person}")
        for number, status in enumerate(("failed",) if gone else ("sent", "delivered"), start=1):
            told: dict[str, Any] = {"id": name, "status": status, "recipient_id": person}
            told |= {"timestamp": str(int(self.office.now().timestamp())), "biz_opaque_callback_data": ref}
            if gone:
                told["errors"] = [{"code": 131026, "title": "Message undeliverable"}]
            self.tell({"statuses": [told]}, after=number * 0.05)

    def tell(self, value: Mapping[str, Any], field: str = "messages", after: float = 0.05) -> None:
        metadata = {"display_phone_number": NUMBER, "phone_number_id": NUMBER_ID}
        full = {"messaging_product": "whatsapp", "metadata": metadata, **value}
        entry = [{"id": "102290129340398", "changes": [{"value": full, "field": field}]}]
        place = self.office.webhook("whatsapp_cloud")
        self.app.tell(place, {"object": "whatsapp_business_account", "entry": entry}, after)


def reply(office: Office, number: str, text: str, answered: str = "") -> None:
    """Somebody writes to the platform's number: for 24 hours anything may be sent to them."""
    person, whatsapp = number.lstrip("+"), _WhatsApp(office)
    office.account.write("window", person, {"at": office.now().isoformat()})
    name = f"wamid.{office.name_of('reply', number, text)}"
    office.account.write("reply", name, {"from": number, "text": text})
    told: dict[str, Any] = {"from": person, "id": name, "type": "text", "text": {"body": text}}
    told["timestamp"] = str(int(office.now().timestamp()))
    if answered:
        told["context"] = {"from": NUMBER, "id": answered}
    whatsapp.tell({"messages": [told]})


def stop_marketing(office: Office, number: str) -> None:
    """Somebody turns marketing off in WhatsApp itself."""
    told = {"wa_id": number.lstrip("+"), "category": "marketing_messages", "value": "stop"}
    told |= {
        "detail": "User requested to stop marketing messages",
        "timestamp": int(office.now().timestamp()),
    }
    _WhatsApp(office).tell({"user_preferences": [told]}, field="user_preferences")


def _routes(office: Office) -> Sequence[Route]:
    return [Route("POST", "/{version}/{number}/messages", _WhatsApp(office).send)]


def _settings(url: str, office: Office) -> Mapping[str, str]:
    app = GraphApp(office)
    return {
        "KITH_WHATSAPP_BASE_URL": url,
        "KITH_WHATSAPP_PHONE_NUMBER_ID": NUMBER_ID,
        "KITH_WHATSAPP_ACCESS_TOKEN": app.token,
        "KITH_WHATSAPP_APP_SECRET": app.secret,
        "KITH_WHATSAPP_VERIFY_TOKEN": app.word,
    }


plugin = Vendor(
    "whatsapp", _routes, _settings, rate=1_000.0, burst=1_000.0, throttled=throttled(130429), broken=broken
)
