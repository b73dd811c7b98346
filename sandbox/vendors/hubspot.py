"""HubSpot's CRM: contacts in batches of a hundred, upserted by a unique property; 207 names the rows that failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.emulation import Call, Office, Refusal, Reply, Route, Vendor

LARGEST = 100


class _Crm:
    def __init__(self, office: Office) -> None:
        self.office = office

    def upsert(self, call: Call) -> Reply:
        return self._each(call, is_keyed=True, may_create=True, may_change=True)

    def create(self, call: Call) -> Reply:
        return self._each(call, is_keyed=False, may_create=True, may_change=False)

    def update(self, call: Call) -> Reply:
        return self._each(call, is_keyed=True, may_create=False, may_change=True)

    def archive(self, call: Call) -> Reply:
        for each in self._inputs(call):
            if set(each) != {"id"}:
                raise _bad("an archived input holds an id alone")
            held = next((row for row in self.office.account.rows("contact") if row["id"] == each["id"]), None)
            if held is not None:
                self.office.account.write("archived", held["key"], {"id": each["id"]})
        return Reply(204)

    def _each(self, call: Call, is_keyed: bool, may_create: bool, may_change: bool) -> Reply:
        inputs = self._inputs(call)
        results, errors = [], []
        names = [self._name(each, is_keyed) for each in inputs]
        if len(set(names)) < len(names):
            raise _bad("duplicate ids in one batch")
        for each, name in zip(inputs, names, strict=True):
            held = self.office.account.find("contact", name)
            trace = each.get("objectWriteTraceId")
            if self.office.habit.refuses(name) or "@" not in name:
                errors.append(_error("VALIDATION_ERROR", trace))
            elif (held and not may_change) or (not held and not may_create):
                errors.append(_error("CONFLICT" if held else "OBJECT_NOT_FOUND", trace))
            else:
                contact = held["id"] if held else self.office.name_of("contact", name)[:12]
                self.office.account.write("contact", name, {"id": contact, "properties": each["properties"]})
                results.append({"id": contact, "new": held is None, "properties": each["properties"]})
                results[-1]["objectWriteTraceId"] = trace
        if errors and not all(each.get("objectWriteTraceId") for each in inputs):
            return Reply(
                400, {"status": "error", "category": "VALIDATION_ERROR", "message": "one of them is bad"}
            )
        body = {"status": "COMPLETE", "results": results}
        return (
            Reply(207, {**body, "numErrors": len(errors), "errors": errors}) if errors else Reply(200, body)
        )

    def _name(self, each: Mapping[str, Any], is_keyed: bool) -> str:
        if unknown := set(each) - {"id", "idProperty", "properties", "objectWriteTraceId"}:
            raise _bad(f"unknown fields {sorted(unknown)}")
        properties = each.get("properties")
        if not isinstance(properties, dict) or not all(
            isinstance(value, str) for value in properties.values()
        ):
            raise _bad("properties are texts")
        if is_keyed and not (isinstance(each.get("id"), str) and each.get("idProperty") == "email"):
            raise _bad("id and idProperty are required")
        return str(each["id"] if is_keyed else properties.get("email", "")).lower()

    def _inputs(self, call: Call) -> list[dict[str, Any]]:
        if call.header("authorization") != f"Bearer {self.office.secret('token')}":
            raise Refusal("login", Reply(401, {"status": "error", "category": "INVALID_AUTHENTICATION"}))
        try:
            inputs = call.json()["inputs"]
        except (ValueError, KeyError, TypeError):
            raise _bad("inputs are required") from None
        if not isinstance(inputs, list) or not 1 <= len(inputs) <= LARGEST:
            raise _bad("between 1 and 100 inputs")
        return inputs


def _error(category: str, trace: Any) -> dict[str, Any]:
    context = {"objectWriteTraceId": [trace]} if trace else {}
    return {"status": "error", "category": category, "message": "refused", "context": context}


def _bad(why: str) -> Refusal:
    return Refusal(why, Reply(400, {"status": "error", "category": "VALIDATION_ERROR", "message": why}))


def _throttled(seconds: float) -> Reply:
    body = {"status": "error", "policyName": "TEN_SECONDLY_ROLLING", "category": "RATE_LIMITS"}
    return Reply(429, body, {"retry-after": str(max(1, round(seconds)))})


def _routes(office: Office) -> Sequence[Route]:
    crm, path = _Crm(office), "/crm/v3/objects/contacts/batch/"
    answers = {"upsert": crm.upsert, "create": crm.create, "update": crm.update, "archive": crm.archive}
    return [Route("POST", path + name, answer) for name, answer in answers.items()]


def _settings(url: str, office: Office) -> Mapping[str, str]:
    return {"KITH_HUBSPOT_BASE_URL": url, "KITH_HUBSPOT_TOKEN": office.secret("token")}


plugin = Vendor("hubspot", _routes, _settings, rate=100.0, burst=190.0, throttled=_throttled)
