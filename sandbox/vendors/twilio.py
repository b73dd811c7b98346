"""Twilio's Messages and Calls (API 2010-04-01): Basic login, forms checked, signed status call-backs, lists."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from email.utils import format_datetime
from typing import Any

from sandbox.emulation import Call, Office, Reply, Route, Vendor
from sandbox.vendors._signed_forms import signed_form
from sandbox.vendors._twilio_account import (
    CALLER,
    SENDER,
    TwilioAccount,
    error,
    forget_row,
    kept_rows,
    one,
    shape,
)
from sandbox.vendors._twilio_calls import TwilioCalls

_MESSAGE = frozenset(
    {
        *("To", "From", "MessagingServiceSid", "Body", "MediaUrl", "ContentSid", "ContentVariables"),
        *("StatusCallback", "ValidityPeriod", "SendAt", "ScheduleType", "ShortenUrls"),
    }
)
_OUT = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"})
_IN = frozenset({"start", "unstop", "yes"})
_SLOWLY = 0.05


class _Twilio:
    def __init__(self, office: Office) -> None:
        self.office, self.account = office, TwilioAccount(office)

    def send(self, call: Call) -> Reply:
        told = self.account.form(call, _MESSAGE)
        to = self.account.to(told)
        self.account.sender(told, "From", "MessagingServiceSid")
        _check_content(told)
        if (self.office.account.find("stop", to) or {}).get("holds"):
            raise error(400, 21610, "Attempt to send to unsubscribed recipient")
        sid = f"SM{self.office.name_of('message')}"
        row = {
            "to": to,
            "from": one(told, "From"),
            "text": one(told, "Body"),
            "media": told.get("MediaUrl", []),
            "sent_at": format_datetime(self.office.now()),
            "callback": one(told, "StatusCallback"),
        }
        self.office.take("message", sid, row)
        self._tell(sid, row)
        return Reply(201, self._message(sid, row))

    def messages(self, call: Call) -> Reply:
        """The list, newest first, filtered by To and From."""
        self.account.let_in(call)
        rows = [row for kind in ("message", "reply") for row in self.office.account.rows(kind)]
        found = kept_rows(self.office, call, rows)
        return Reply(200, {"messages": [self._message(row["key"], row) for row in found]})

    def forget(self, call: Call) -> Reply:
        """A text is deleted, out of every list."""
        self.account.let_in(call)
        return forget_row(self.office, call, "message", "reply")

    def _tell(self, sid: str, row: Mapping[str, Any]) -> None:
        """sent, then delivered or undelivered."""
        if not row["callback"]:
            return
        gone = self.office.habit.refuses(row["to"])
        for number, status in enumerate(("sent", "undelivered" if gone else "delivered"), start=1):
            fields = {
                "AccountSid": self.account.name,
                "ApiVersion": "2010-04-01",
                "From": row["from"],
                "MessageSid": sid,
                "MessageStatus": status,
                "SmsSid": sid,
                "SmsStatus": status,
                "To": row["to"],
            }
            if status == "undelivered":
                fields["ErrorCode"] = "30005"
            self.office.call_back(
                signed_form(row["callback"], fields, self.account.token, after=number * _SLOWLY)
            )

    def _message(self, sid: str, row: Mapping[str, Any]) -> dict[str, Any]:
        place = f"/2010-04-01/Accounts/{self.account.name}/Messages/{sid}.json"
        told = {
            "account_sid": self.account.name,
            "sid": sid,
            "body": row["text"],
            "to": row["to"],
            "from": row["from"],
        }
        direction = "inbound" if row["to"] == SENDER else "outbound-api"
        told |= {"status": "queued", "direction": direction, "error_code": None, "error_message": None}
        told |= {"num_segments": "1", "num_media": str(len(row["media"])), "price": None, "price_unit": "USD"}
        return {
            **told,
            "uri": place,
            "date_created": row["sent_at"],
            "date_updated": row["sent_at"],
            "date_sent": None,
        }


def reply(office: Office, number: str, text: str, answers_help: bool = False) -> None:
    """Somebody sends a text to the platform's number. STOP holds at Twilio at once; `answers_help`: so has the account
    told Twilio to do."""
    twilio = _Twilio(office)
    sid = f"SM{office.name_of('reply', number, text)}"
    row = {"from": number, "to": SENDER, "text": text, "media": [], "sent_at": format_datetime(office.now())}
    office.account.write("reply", sid, row)
    fields = {"AccountSid": twilio.account.name, "MessageSid": sid, "SmsSid": sid, "SmsStatus": "received"}
    fields |= {"From": number, "To": SENDER, "Body": text, "NumMedia": "0", "ApiVersion": "2010-04-01"}
    word = re.sub(r"[^a-z]", "", text.lower())
    if word in _OUT or word in _IN:
        fields["OptOutType"] = "STOP" if word in _OUT else "START"
        office.account.write("stop", number, {"holds": word in _OUT})
    if answers_help and word == "help":
        fields["OptOutType"] = "HELP"
    office.call_back(signed_form(office.webhook("sms_twilio"), fields, twilio.account.token))


def _check_content(told: Mapping[str, list[str]]) -> None:
    body, media = one(told, "Body"), told.get("MediaUrl", [])
    if not (body or media or told.get("ContentSid")):
        raise error(400, 21602, "Message body is required.")
    if len(body) > 1_600:
        raise error(400, 21617, "The concatenated message body exceeds the 1600 character limit")
    if len(media) > 10:
        raise error(400, 21623, "Number of media files exceeds allowed limit")
    hold = one(told, "ValidityPeriod") or "36000"
    if not hold.isdigit() or not 1 <= int(hold) <= 36_000:
        raise error(400, 21621, "The Validity Period must be between 1 and 36000")
    if told.get("ShortenUrls") and not told.get("MessagingServiceSid"):
        raise error(400, 20001, "ShortenUrls needs a MessagingServiceSid")


def _routes(office: Office) -> Sequence[Route]:
    twilio, calls, place = _Twilio(office), TwilioCalls(office), "/2010-04-01/Accounts/{account}"
    return [
        Route("POST", f"{place}/Messages.json", twilio.send),
        Route("GET", f"{place}/Messages.json", twilio.messages),
        Route("DELETE", f"{place}/Messages/{{sid}}.json", twilio.forget),
        Route("DELETE", f"{place}/Calls/{{sid}}.json", calls.forget),
        Route("POST", f"{place}/Calls.json", calls.ring),
        Route("GET", f"{place}/Calls.json", calls.calls),
    ]


def _settings(url: str, office: Office) -> Mapping[str, str]:
    twilio = _Twilio(office)
    return {
        "KITH_TWILIO_BASE_URL": url,
        "KITH_TWILIO_ACCOUNT_SID": twilio.account.name,
        "KITH_TWILIO_AUTH_TOKEN": twilio.account.token,
        "KITH_TWILIO_SENDER": SENDER,
        "KITH_TWILIO_CALLER": CALLER,
    }


def _throttled(seconds: float) -> Reply:
    return Reply(429, shape(429, 20429, "Too Many Requests"), {"retry-after": str(max(1, round(seconds)))})


plugin = Vendor(
    "twilio",
    _routes,
    _settings,
    rate=1_000.0,
    burst=1_000.0,
    throttled=_throttled,
    broken=lambda status: Reply(status, shape(status, 20500, "An internal server error has occurred")),
)
