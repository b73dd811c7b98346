"""Google's Data Manager: members are taken by request, checked later, and what became of them is told by their
index."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.emulation import Call, Office, Refusal, Reply, Route, Vendor

LARGEST, IDENTIFIERS, LOOKS_BEFORE_DONE = 10_000, 10, 1
_HEX = re.compile(r"[0-9a-f]{64}")
_HEAD = {
    "destinations",
    "audienceMembers",
    "consent",
    "encoding",
    "termsOfService",
    "validateOnly",
    "encryptionInfo",
}


class _DataManager:
    def __init__(self, office: Office) -> None:
        self.office = office
        self._looks: dict[str, int] = {}

    def ingest(self, call: Call) -> Reply:
        told = self._checked(call)
        if told.get("termsOfService") != {"customerMatchTermsOfServiceStatus": "ACCEPTED"}:
            raise _bad("termsOfService")
        return self._take(told, "added")

    def remove(self, call: Call) -> Reply:
        return self._take(self._checked(call), "removed")

    def status(self, call: Call) -> Reply:
        self._signed_in(call)
        name = call.asked("requestId")
        request = self.office.account.find("request", name)
        if request is None:
            raise Refusal("no_request", Reply(404, _error(404, "NOT_FOUND", "no such request")))
        self._looks[name] = self._looks.get(name, 0) + 1
        if self._looks[name] <= LOOKS_BEFORE_DONE:
            return Reply(200, {"requestStatusPerDestination": [{"requestStatus": "PROCESSING"}]})
        bad = [str(place) for place in request["refused"]]
        state: dict[str, Any] = {"requestStatus": "PARTIAL_SUCCESS" if bad else "SUCCESS"}
        if bad:
            reason = "PROCESSING_ERROR_REASON_INVALID_FORMAT"
            counts = {"reason": reason, "recordCount": str(len(bad)), "recordIndices": bad}
            state["errorInfo"] = {"errorCounts": [counts]}
        return Reply(200, {"requestStatusPerDestination": [state]})

    def _take(self, told: Mapping[str, Any], kind: str) -> Reply:
        refused = []
        for place, member in enumerate(told["audienceMembers"]):
            values = _values(member)
            if not values or any(not _HEX.fullmatch(value) for value in values):
                refused.append(place)
                continue
            self.office.account.write(kind, "|".join(values), {})
        name = self.office.name_of("request")
        self.office.account.write("request", name, {"refused": refused})
        return Reply(200, {"requestId": name})

    def _signed_in(self, call: Call) -> None:
        if call.header("authorization") != f"Bearer {self.office.secret('token')}":
            raise Refusal("login", Reply(401, _error(401, "UNAUTHENTICATED", "bad token")))

    def _checked(self, call: Call) -> dict[str, Any]:
        self._signed_in(call)
        try:
            told = call.json()
        except ValueError:
            raise _bad("body") from None
        members, destinations = told.get("audienceMembers"), told.get("destinations")
        if set(told) - _HEAD or told.get("encoding") != "HEX":
            raise _bad("head")
        if not isinstance(members, list) or not 1 <= len(members) <= LARGEST:
            raise _bad("audienceMembers")
        if not destinations or not all(
            each.get("productDestinationId") and each.get("operatingAccount", {}).get("accountId")
            for each in destinations
        ):
            raise _bad("destinations")
        if any(len(each.get("userData", {}).get("userIdentifiers", [])) > IDENTIFIERS for each in members):
            raise _bad("userIdentifiers")
        return told


def _values(member: Mapping[str, Any]) -> list[str]:
    """Whatever is hashed of one member; an address counts by its hashed names."""
    found = []
    for each in member.get("userData", {}).get("userIdentifiers", []):
        found += [each[name] for name in ("emailAddress", "phoneNumber") if name in each]
        found += [each["address"].get(name, "") for name in ("givenName", "familyName") if "address" in each]
    return found


def _error(code: int, status: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "status": status, "message": message}}


def _bad(why: str) -> Refusal:
    return Refusal(why, Reply(400, _error(400, "INVALID_ARGUMENT", why)))


def _routes(office: Office) -> Sequence[Route]:
    manager = _DataManager(office)
    return [
        Route("POST", "/v1/audienceMembers:ingest", manager.ingest),
        Route("POST", "/v1/audienceMembers:remove", manager.remove),
        Route("GET", "/v1/requestStatus:retrieve", manager.status),
    ]


def _settings(url: str, office: Office) -> Mapping[str, str]:
    return {
        "KITH_GOOGLE_AUDIENCES_BASE_URL": url,
        "KITH_GOOGLE_AUDIENCES_TOKEN": office.secret("token"),
        "KITH_GOOGLE_AUDIENCES_LOOK_SECONDS": "0.02",
    }


plugin = Vendor(
    "google_audiences",
    _routes,
    _settings,
    rate=5.0,
    burst=300.0,
    throttled=lambda seconds: Reply(429, _error(429, "RESOURCE_EXHAUSTED", "quota")),
)
