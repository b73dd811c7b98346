"""Klaviyo: profiles imported by jobs, lists that they are put on and taken off by id."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.emulation import Call, Office, Refusal, Reply, Route, Vendor

LARGEST, LARGEST_BODY, LARGEST_LIST = 10_000, 5_000_000, 1_000
LOOKS_BEFORE_DONE = 1
_NAMES = ("email", "phone_number", "external_id")
_KNOWN = {*_NAMES, "anonymous_id", "first_name", "last_name", "organization", "locale", "title", "image"}
_KNOWN |= {"location", "properties", "_kx", "birthday"}
_FILTER = re.compile(r"any\((\w+),(\[.*\])\)")


class _Klaviyo:
    def __init__(self, office: Office) -> None:
        self.office = office
        self._looks: dict[str, int] = {}

    def start(self, call: Call) -> Reply:
        told = self._checked(call)
        profiles = told["attributes"]["profiles"]["data"]
        if told.get("type") != "profile-bulk-import-job" or not 1 <= len(profiles) <= LARGEST:
            raise _bad("/data", "invalid")
        lists = [each["id"] for each in told.get("relationships", {}).get("lists", {}).get("data", [])]
        for place, each in enumerate(profiles):
            attributes = each.get("attributes", {})
            if each.get("type") != "profile" or set(attributes) - _KNOWN:
                raise _bad(f"/data/attributes/profiles/data/{place}/attributes", "invalid")
            if not any(attributes.get(name) for name in _NAMES):
                raise _bad(f"/data/attributes/profiles/data/{place}", "missing_identifier")
        job = self.office.name_of("job")
        failed = [place for place, each in enumerate(profiles) if not self._import(each["attributes"], lists)]
        self.office.account.write("job", job, {"total": len(profiles), "failed": failed})
        return Reply(
            202, {"data": {"type": "profile-bulk-import-job", "id": job, "attributes": {"status": "queued"}}}
        )

    def look(self, call: Call) -> Reply:
        job = self._job(call)
        name = job["key"]
        self._looks[name] = self._looks.get(name, 0) + 1
        status = "complete" if self._looks[name] > LOOKS_BEFORE_DONE else "processing"
        counted = {"total_count": job["total"], "failed_count": len(job["failed"])}
        return Reply(
            200,
            {
                "data": {
                    "type": "profile-bulk-import-job",
                    "id": name,
                    "attributes": {"status": status, **counted},
                }
            },
        )

    def errors(self, call: Call) -> Reply:
        told = [
            {
                "type": "import-error",
                "id": str(place),
                "attributes": {
                    "code": "invalid_email",
                    "source": {"pointer": f"/data/attributes/profiles/data/{place}"},
                },
            }
            for place in self._job(call)["failed"]
        ]
        return Reply(200, {"data": told})

    def find(self, call: Call) -> Reply:
        self._signed_in(call)
        match = _FILTER.fullmatch(call.asked("filter"))
        if match is None or match[1] not in _NAMES:
            raise _bad("filter", "invalid")
        wanted = [str(each).lower() for each in json.loads(match[2])]
        found = [row for each in wanted if (row := self.office.account.find("profile", f"{match[1]}:{each}"))]
        return Reply(
            200,
            {
                "data": [
                    {"type": "profile", "id": row["id"], "attributes": {match[1]: row["value"]}}
                    for row in found
                ]
            },
        )

    def unlist(self, call: Call) -> Reply:
        self._signed_in(call)
        told = call.json()["data"]
        if not 1 <= len(told) <= LARGEST_LIST or any(each.get("type") != "profile" for each in told):
            raise _bad("/data", "invalid")
        for each in told:
            self.office.account.write("unlisted", f"{call.parts['list']}:{each['id']}", {})
        return Reply(204)

    def _import(self, attributes: Mapping[str, Any], lists: Sequence[str]) -> bool:
        names = [f"{name}:{str(attributes[name]).lower()}" for name in _NAMES if attributes.get(name)]
        if any(self.office.habit.refuses(name) for name in names):
            return False
        held = next((row for name in names if (row := self.office.account.find("profile", name))), None)
        profile = held["id"] if held else self.office.name_of("profile", names[0])[:26]
        for name in names:
            value = name.partition(":")[2]
            self.office.account.write(
                "profile", name, {"id": profile, "value": value, "attributes": dict(attributes)}
            )
        for each in lists:
            self.office.account.write("listed", f"{each}:{profile}", {})
        return True

    def _job(self, call: Call) -> dict[str, Any]:
        self._signed_in(call)
        job = self.office.account.find("job", call.parts["job"])
        if job is None:
            raise Refusal("no_job", Reply(404, _errors("not_found", "/data")))
        return job

    def _checked(self, call: Call) -> dict[str, Any]:
        self._signed_in(call)
        if len(call.body) > LARGEST_BODY:
            raise Refusal("too_large", Reply(413, _errors("too_large", "/data")))
        try:
            told = call.json()["data"]
            assert isinstance(told["attributes"]["profiles"]["data"], list)
        except (ValueError, KeyError, TypeError, AssertionError):
            raise _bad("/data", "invalid") from None
        return told

    def _signed_in(self, call: Call) -> None:
        if call.header("authorization") != f"Klaviyo-API-Key {self.office.secret('key')}":
            raise Refusal("login", Reply(401, _errors("not_authenticated", "/data")))
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", call.header("revision")):
            raise Refusal("revision", Reply(400, _errors("invalid", "/revision")))


def _errors(code: str, pointer: str) -> dict[str, Any]:
    error = {
        "id": "e",
        "status": 400,
        "code": code,
        "title": code,
        "detail": code,
        "source": {"pointer": pointer},
    }
    return {"errors": [error]}


def _bad(pointer: str, code: str) -> Refusal:
    return Refusal(f"{code} {pointer}", Reply(400, _errors(code, pointer)))


def _routes(office: Office) -> Sequence[Route]:
    klaviyo, path = _Klaviyo(office), "/api/profile-bulk-import-jobs"
    return [
        Route("POST", path, klaviyo.start),
        Route("GET", path + "/{job}", klaviyo.look),
        Route("GET", path + "/{job}/import-errors", klaviyo.errors),
        Route("GET", "/api/profiles", klaviyo.find),
        Route("DELETE", "/api/lists/{list}/relationships/profiles", klaviyo.unlist),
    ]


def _settings(url: str, office: Office) -> Mapping[str, str]:
    return {
        "KITH_KLAVIYO_BASE_URL": url,
        "KITH_KLAVIYO_KEY": office.secret("key"),
        "KITH_KLAVIYO_LOOK_SECONDS": "0.02",
    }


def _throttled(seconds: float) -> Reply:
    return Reply(429, _errors("throttled", "/data"), {"retry-after": str(max(1, round(seconds)))})


plugin = Vendor("klaviyo", _routes, _settings, rate=10.0, burst=150.0, throttled=_throttled)
