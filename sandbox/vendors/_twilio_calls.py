"""Twilio's Calls: what is said is checked, and how the call went is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from email.utils import format_datetime
from typing import Any
from xml.etree import ElementTree

from sandbox.emulation import Call, Office, Reply
from sandbox.vendors._signed_forms import signed_form
from sandbox.vendors._twilio_account import TwilioAccount, error, forget_row, kept_rows, one

_CALL = frozenset(
    ("To", "From", "Twiml", "Url", "Timeout", "MachineDetection", "StatusCallback", "StatusCallbackEvent")
)
_EVENTS = frozenset({"initiated", "ringing", "answered", "completed"})
_SAID = frozenset({"Response", "Say", "Play", "Gather", "Pause"})
_SLOWLY = 0.05


class TwilioCalls:
    """POST and GET Calls.json."""

    def __init__(self, office: Office) -> None:
        self.office, self.account = office, TwilioAccount(office)

    def ring(self, call: Call) -> Reply:
        told = self.account.form(call, _CALL)
        to = self.account.to(told)
        self.account.sender(told, "From")
        text = _spoken(one(told, "Twiml"))
        if set(told.get("StatusCallbackEvent", [])) - _EVENTS:
            raise error(400, 21626, "Invalid StatusCallbackEvent")
        sid = f"CA{self.office.name_of('call')}"
        row = {
            "to": to,
            "from": one(told, "From"),
            "text": text,
            "sent_at": format_datetime(self.office.now()),
        }
        self.office.take("call", sid, row)
        events = told.get("StatusCallbackEvent", ["completed"])
        self._tell_call(sid, row, one(told, "StatusCallback"), events)
        return Reply(201, self._call(sid, row))

    def calls(self, call: Call) -> Reply:
        self.account.let_in(call)
        found = kept_rows(self.office, call, self.office.account.rows("call"))
        return Reply(200, {"calls": [self._call(row["key"], row) for row in found]})

    def forget(self, call: Call) -> Reply:
        self.account.let_in(call)
        return forget_row(self.office, call, "call")

    def _tell_call(self, sid: str, row: Mapping[str, Any], place: str, events: Sequence[str]) -> None:
        ends = "no-answer" if self.office.habit.refuses(row["to"]) else "completed"
        states = {
            "initiated": "initiated",
            "ringing": "ringing",
            "answered": "in-progress",
            "completed": ends,
        }
        heard = [
            event for event in states if event in events and not (event == "answered" and ends != "completed")
        ]
        for number, event in enumerate(heard if place else []):
            fields = {
                "AccountSid": self.account.name,
                "CallSid": sid,
                "CallStatus": states[event],
                "From": row["from"],
                "SequenceNumber": str(number),
                "To": row["to"],
            }
            self.office.call_back(
                signed_form(place, fields, self.account.token, after=(number + 1) * _SLOWLY)
            )

    def _call(self, sid: str, row: Mapping[str, Any]) -> dict[str, Any]:
        told = {
            "account_sid": self.account.name,
            "sid": sid,
            "to": row["to"],
            "from": row["from"],
            "status": "queued",
        }
        return {**told, "direction": "outbound-api", "date_created": row["sent_at"], "price_unit": "USD"}


def _spoken(twiml: str) -> str:
    """What a call says. A document that is no TwiML is refused."""
    if not twiml or len(twiml) > 4_000:
        raise error(400, 21205, "Url or Twiml is required, of at most 4000 characters")
    try:
        root = ElementTree.fromstring(twiml)  # noqa: S314 - our own platform speaks, on loopback
    except ElementTree.ParseError:
        raise error(400, 12100, "Document parse failure") from None
    if root.tag != "Response" or {each.tag for each in root.iter()} - _SAID:
        raise error(400, 12200, "Schema validation warning")
    return " ".join((each.text or "").strip() for each in root)
