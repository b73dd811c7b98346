"""An account of Twilio's: who may ask, which forms are right, and Twilio's way to say no."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.emulation import Call, Office, Refusal, Reply
from sandbox.vendors._numbers import is_number, is_page

SENDER, CALLER = "+12025550100", "+12025550101"
_REPEATED = frozenset({"MediaUrl", "StatusCallbackEvent"})


class TwilioAccount:
    """The login, and what all forms have in common."""

    def __init__(self, office: Office) -> None:
        self.name, self.token = f"AC{office.secret('account')}", office.secret("token")

    def let_in(self, call: Call) -> None:
        pair = base64.b64encode(f"{self.name}:{self.token}".encode()).decode()
        if call.header("authorization") != f"Basic {pair}":
            raise error(401, 20003, "Authenticate")
        if call.parts["account"] != self.name:
            raise error(404, 20404, "The requested resource was not found")

    def form(self, call: Call, known: frozenset[str]) -> dict[str, list[str]]:
        self.let_in(call)
        if call.header("content-type").partition(";")[0] != "application/x-www-form-urlencoded":
            raise error(415, 20415, "Unsupported media type")
        told: dict[str, list[str]] = {}
        for name, value in call.form():
            told.setdefault(name, []).append(value)
        if unknown := sorted(set(told) - known):
            raise error(400, 20001, f"Unknown parameters: {', '.join(unknown)}")
        repeated = [name for name, values in told.items() if len(values) > 1]
        if set(repeated) - _REPEATED:
            raise error(400, 20001, "Repeated parameters")
        for place in (*told.get("StatusCallback", []), *told.get("MediaUrl", [])):
            if not is_page(place):
                raise error(400, 21609 if place in told.get("StatusCallback", []) else 21620, "Invalid URL")
        return told

    def to(self, told: Mapping[str, list[str]]) -> str:
        if not told.get("To"):
            raise error(400, 21604, "A 'To' phone number is required.")
        if not is_number(one(told, "To")):
            raise error(400, 21211, "Invalid 'To' Phone Number")
        return one(told, "To")

    def sender(self, told: Mapping[str, list[str]], *names: str) -> None:
        given = [name for name in names if told.get(name)]
        if len(given) != 1:
            raise error(400, 21603, "A 'From' phone number is required.")
        sender = one(told, given[0])
        if given[0] == "From" and sender not in (SENDER, CALLER):
            raise error(400, 21659, f"{sender} is not a Twilio phone number")


def kept_rows(office: Office, call: Call, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """A page of rows that were not deleted, newest first, filtered by To and From."""
    to, sender = call.asked("To"), call.asked("From")
    found = [row for row in rows if to in ("", row["to"]) and sender in ("", row["from"])]
    kept = [row for row in reversed(found) if office.account.find("deleted", row["key"]) is None]
    return kept[: int(call.asked("PageSize") or 50)]


def forget_row(office: Office, call: Call, *kinds: str) -> Reply:
    """204 for a row that was there, 404 else."""
    sid = call.parts["sid"]
    if office.account.find("deleted", sid) or not any(office.account.find(kind, sid) for kind in kinds):
        raise error(404, 20404, "The requested resource was not found")
    office.account.write("deleted", sid, {})
    return Reply(204)


def one(told: Mapping[str, list[str]], name: str) -> str:
    return (told.get(name) or [""])[0]


def error(status: int, code: int, message: str) -> Refusal:
    return Refusal(f"{code} {message}", Reply(status, shape(status, code, message)))


def shape(status: int, code: int, message: str) -> dict[str, Any]:
    page = f"https://www.twilio.com/docs/errors/{code}"
    return {"code": code, "message": message, "more_info": page, "status": status}
