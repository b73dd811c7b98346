"""Facebook's custom audiences: hashed identifiers added, removed or replaced by sessions, ten thousand a call."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.emulation import Call, Office, Reply, Route, Vendor
from sandbox.vendors._graph import GraphApp, error, error_shape

LARGEST = 10_000
PLAIN = {"MADID", "EXTERN_ID"}
KEYS = {"EMAIL", "PHONE", "FN", "LN", "CT", "ST", "ZIP", "COUNTRY", "DOBY", "DOBM", "DOBD", "GEN", *PLAIN}
_HASH = re.compile(r"[0-9a-f]{64}")


class _Audiences:
    def __init__(self, office: Office) -> None:
        self.office, self.app = office, GraphApp(office)

    def add(self, call: Call) -> Reply:
        return self._each(call, "added")

    def remove(self, call: Call) -> Reply:
        return self._each(call, "removed")

    def replace(self, call: Call) -> Reply:
        session = call.json().get("session", {})
        if not all(isinstance(session.get(name), int) for name in ("session_id", "batch_seq")):
            raise error(400, 100, "session")
        return self._each(call, "placed", session)

    def _each(self, call: Call, kind: str, session: Mapping[str, Any] | None = None) -> Reply:
        keys, people = self._payload(call)
        invalid = 0
        for person in people:
            told = dict(zip(keys, person, strict=True))
            if any(value and key not in PLAIN and not _HASH.fullmatch(value) for key, value in told.items()):
                invalid += 1
                continue
            self.office.account.write(kind, "|".join(person), {"session": session or {}})
        body = {
            "audience_id": call.parts["audience"],
            "num_received": len(people),
            "num_invalid_entries": invalid,
        }
        return Reply(
            200, {**body, "session_id": (session or {}).get("session_id", 1), "invalid_entry_samples": {}}
        )

    def _payload(self, call: Call) -> tuple[list[str], list[list[str]]]:
        try:
            payload = self.app.content(call)["payload"]
            keys, people = payload["schema"], payload["data"]
        except (KeyError, TypeError):
            raise error(400, 100, "payload") from None
        if not keys or not set(keys) <= KEYS or not isinstance(people, list) or len(people) > LARGEST:
            raise error(400, 100, "schema or data")
        if any(
            len(person) != len(keys) or not all(isinstance(each, str) for each in person) for person in people
        ):
            raise error(400, 100, "a row is not as long as the schema")
        return keys, people


def _routes(office: Office) -> Sequence[Route]:
    audiences = _Audiences(office)
    return [
        Route("POST", "/v25.0/{audience}/users", audiences.add),
        Route("DELETE", "/v25.0/{audience}/users", audiences.remove),
        Route("POST", "/v25.0/{audience}/usersreplace", audiences.replace),
    ]


def _settings(url: str, office: Office) -> Mapping[str, str]:
    return {"KITH_FACEBOOK_ADS_BASE_URL": url, "KITH_FACEBOOK_ADS_TOKEN": office.secret("token")}


plugin = Vendor(
    "facebook_audiences",
    _routes,
    _settings,
    rate=50.0,
    throttled=lambda seconds: Reply(400, error_shape(80003, "There have been too many calls")),
)
