"""Klaviyo's profiles by bulk import jobs, and the members of a list.

A job is told of at once and looked after until it is through; its name is kept. `audience` imports people into the list
of the option `list`, and takes them off it by the ids that Klaviyo knows them under; it never touches what they
consented to. Fields: email, phone_number, external_id, first_name, last_name, organization, locale, title, image,
location.<member>; any other is a property of the profile. A null does not clear a value there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from activation.destinations._judging import judge_http, verdict_of_lost
from activation.destinations._over_http import OverHttp, ask_after
from activation.destinations.contract import (
    Answer,
    Batch,
    Capabilities,
    DestinationPlugin,
    Mode,
    Note,
    Operation,
    Row,
    Target,
    TargetError,
    Verdict,
    accepted,
    deferred,
    rejected,
    skipped,
)
from activation.http import Call, Exchange
from kith.settings import Section, environment, read_section

_NAMES = ("email", "phone_number", "external_id")
_ATTRIBUTES = frozenset({*_NAMES, "first_name", "last_name", "organization", "locale", "title", "image"})
_LARGEST, _LOOKS, _ASKED = 5_000_000, 150, 50


class KlaviyoSettings(Section, prefix="KITH_KLAVIYO_"):
    """A private key with profiles:write and lists:write."""

    key: str
    base_url: str = "https://a.klaviyo.com"
    revision: str = "2026-07-15"
    look_seconds: float = 1.0


class KlaviyoDestination(OverHttp):
    """contract.Destination over profile-bulk-import-jobs and list relationships."""

    def __init__(self, settings: KlaviyoSettings, target: Target) -> None:
        super().__init__()
        self._settings, self._target = settings, target

    def push(self, batch: Batch, note: Note) -> Answer:
        if batch.operation is Operation.REMOVE:
            return self._remove(batch)
        if batch.token:
            return self._await(batch, batch.token)
        body = orjson.dumps({"data": self._job(batch)})
        if len(body) > _LARGEST:
            return Answer(rejected("too_large"), must_split=True)
        exchange = self._call("POST", "/api/profile-bulk-import-jobs", body)
        answer = judge_http(exchange)
        if answer.of_all != accepted():
            return _named(exchange, answer, len(batch.rows))
        job = str(exchange.json_object().get("data", {}).get("id", ""))
        note(job)
        return self._await(batch, job)

    def _job(self, batch: Batch) -> dict[str, Any]:
        told: dict[str, Any] = {
            "type": "profile-bulk-import-job",
            "attributes": {"profiles": {"data": [_profile(row) for row in batch.rows]}},
        }
        if "list" in self._target.options:
            told["relationships"] = {
                "lists": {"data": [{"type": "list", "id": self._target.options["list"]}]}
            }
        return told

    def _await(self, batch: Batch, job: str) -> Answer:
        path = f"/api/profile-bulk-import-jobs/{quote(job)}"

        def told(exchange: Exchange) -> Answer | None:
            state = exchange.json_object().get("data", {}).get("attributes", {})
            if state.get("status") == "cancelled":
                return Answer(deferred("job_cancelled"))
            if state.get("status") != "complete":
                return None
            return self._errors(batch, path) if state.get("failed_count") else Answer(accepted())

        return ask_after(lambda: self._call("GET", path), told, _LOOKS, self._settings.look_seconds)

    def _errors(self, batch: Batch, path: str) -> Answer:
        """The rows that a job could not take: its errors point at them."""
        exchange = self._call("GET", f"{path}/import-errors")
        if not exchange.is_success:
            return Answer(verdict_of_lost(exchange), retry_after=exchange.retry_after)
        rows: dict[int, Verdict] = {}
        for each in exchange.json_object().get("data", []):
            error = each.get("attributes", {})
            place = _place(error, len(batch.rows))
            if place is not None:
                rows[place] = rejected("row_refused", str(error.get("code", ""))[:32])
        return Answer(accepted(), rows)

    def _remove(self, batch: Batch) -> Answer:
        """Off the list by id; whoever has none there is on no list."""
        ids, problem = self._ids([row.fields for row in batch.rows])
        if problem is not None:
            return problem
        known = [(place, ids[place]) for place in range(len(batch.rows)) if place in ids]
        missing: dict[int, Verdict] = {
            place: skipped("not_there") for place in range(len(batch.rows)) if place not in ids
        }
        if not known:
            return Answer(skipped("not_there"))
        body = orjson.dumps({"data": [{"type": "profile", "id": each} for _place, each in known]})
        path = f"/api/lists/{quote(self._target.options['list'])}/relationships/profiles"
        return replace(judge_http(self._call("DELETE", path, body)), of_row=missing)

    def _ids(self, people: Sequence[Mapping[str, Any]]) -> tuple[dict[int, str], Answer | None]:
        """Place → id, asked for some at a time by the first field that names a person."""
        field = next(each for each in _NAMES if each in self._target.columns)
        found: dict[str, str] = {}
        values = sorted({str(each[field]) for each in people if each.get(field)})
        for start in range(0, len(values), _ASKED):
            listed = ",".join(
                '"' + value.replace("\\", "").replace('"', "") + '"'
                for value in values[start : start + _ASKED]
            )
            asked = urlencode(
                {"filter": f"any({field},[{listed}])", "fields[profile]": field, "page[size]": 100}
            )
            exchange = self._call("GET", f"/api/profiles?{asked}")
            if not exchange.is_success:
                answer = judge_http(exchange)
                # Asking has no effect: whatever went wrong is for later.
                return {}, Answer(
                    verdict_of_lost(exchange), retry_after=answer.retry_after, is_halt=answer.is_halt
                )
            for each in exchange.json_object().get("data", []):
                found[str(each["attributes"].get(field, "")).lower()] = str(each["id"])
        told = {place: str(each.get(field) or "").lower() for place, each in enumerate(people)}
        return {place: found[value] for place, value in told.items() if value in found}, None

    def _call(self, method: str, path: str, body: bytes = b"") -> Exchange:
        headers = {
            "authorization": f"Klaviyo-API-Key {self._settings.key}",
            "revision": self._settings.revision,
            "content-type": "application/vnd.api+json",
            "accept": "application/vnd.api+json",
        }
        return self._client.call(
            Call(method, self._settings.base_url + path, headers, body, largest=20_000_000)
        )


def _profile(row: Row) -> dict[str, Any]:
    attributes: dict[str, Any] = {}
    properties, location = dict[str, Any](), dict[str, Any]()
    for name, value in row.fields.items():
        if value is None:
            continue
        if name in _ATTRIBUTES:
            attributes[name] = str(value)
        elif name.startswith("location."):
            location[name.removeprefix("location.")] = value
        else:
            properties[name] = value
    if location:
        attributes["location"] = location
    if properties:
        attributes["properties"] = properties
    return {"type": "profile", "attributes": attributes}


def _named(exchange: Exchange, answer: Answer, count: int) -> Answer:
    """A refusal of the whole that points at rows: those are refused, the rest goes on without them."""
    if not answer.must_split:
        return answer
    errors = exchange.json_object().get("errors")
    told = [each for each in errors if isinstance(each, dict)] if isinstance(errors, list) else []
    rows: dict[int, Verdict] = {}
    for each in told:
        if (place := _place(each, count)) is not None:
            rows[place] = rejected("row_refused", str(each.get("code", ""))[:32])
    return Answer(deferred("others_refused"), rows) if rows else answer


def _place(error: Mapping[str, Any], count: int) -> int | None:
    """/data/attributes/profiles/data/3/attributes/email → 3."""
    source = error.get("source")
    parts = str(source.get("pointer", "") if isinstance(source, dict) else "").split("/")
    numbers = [int(each) for each in parts if each.isascii() and each.isdigit() and len(each) < 6]
    return numbers[0] if numbers and numbers[0] < count else None


def _build(target: Target) -> KlaviyoDestination:
    if not any(name in target.columns for name in _NAMES):
        raise TargetError(f"Klaviyo knows a profile by one of {', '.join(_NAMES)}")
    if target.mode is Mode.AUDIENCE and "list" not in target.options:
        raise TargetError("an audience at Klaviyo is a list; expected the option list")
    return KlaviyoDestination(read_section(KlaviyoSettings), target)


plugin = DestinationPlugin(
    name="klaviyo",
    capabilities=Capabilities(
        modes=frozenset({Mode.UPSERT, Mode.AUDIENCE}),
        batch_size=1_000,
        in_flight=3,
        repeatable=frozenset({Operation.UPSERT, Operation.ADD, Operation.REMOVE}),
        options={"list": "a list's id: people are put on it, and in an audience taken off it"},
    ),
    build=_build,
    is_configured=lambda: bool(environment().get("KITH_KLAVIYO_KEY")),
)
