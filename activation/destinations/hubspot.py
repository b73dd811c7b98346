"""HubSpot's contacts, a hundred a call, by a property that is unique there (email by default).

Every row carries a trace id: with it HubSpot answers 207 and names the rows that failed, without it one bad row fails
all.
A mirror archives by HubSpot's own ids, which an upsert tells; nobody is deleted for good.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from activation.destinations._judging import judge_http
from activation.destinations._over_http import OverHttp
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
    unknown,
)
from activation.http import Call, Exchange
from kith.settings import Section, environment, read_section

_IN_FLIGHT = 4
_PATHS = {
    Operation.UPSERT: "upsert",
    Operation.INSERT: "create",
    Operation.UPDATE: "update",
    Operation.DELETE: "archive",
}
_LATER = frozenset({"RATE_LIMITS", "INTERNAL_ERROR", "TIMEOUT"})
_THERE = frozenset({"CONFLICT", "CONTACT_EXISTS"})


class HubSpotSettings(Section, prefix="KITH_HUBSPOT_"):
    """A private app's token with crm.objects.contacts.write."""

    token: str
    base_url: str = "https://api.hubapi.com"


class HubSpotDestination(OverHttp):
    """contract.Destination over the CRM's batch calls."""

    def __init__(self, settings: HubSpotSettings, target: Target) -> None:
        super().__init__()
        self._settings, self._target = settings, target

    def push(self, batch: Batch, note: Note) -> Answer:
        del note
        if batch.operation is Operation.DELETE:
            return self._archive(batch)
        inputs = [self._input(row, place, batch.operation) for place, row in enumerate(batch.rows)]
        return self._judge(self._call(batch.operation, {"inputs": inputs}), batch)

    def _call(self, operation: Operation, body: Mapping[str, Any]) -> Exchange:
        headers = {"authorization": f"Bearer {self._settings.token}", "content-type": "application/json"}
        url = f"{self._settings.base_url}/crm/v3/objects/contacts/batch/{_PATHS[operation]}"
        return self._client.call(Call("POST", url, headers, orjson.dumps(body)))

    def _input(self, row: Row, place: int, operation: Operation) -> dict[str, Any]:
        """Properties are text; an empty one clears what is there."""
        told: dict[str, Any] = {"properties": {name: _text(value) for name, value in row.fields.items()}}
        told["objectWriteTraceId"] = str(place)
        if operation is not Operation.INSERT:
            (key,) = self._target.key
            told |= {"id": _text(row.fields[key]), "idProperty": key}
        return told

    def _archive(self, batch: Batch) -> Answer:
        """Archiving what isn't there is answered like any other."""
        without = {
            place: skipped("no_remote_id") for place, row in enumerate(batch.rows) if not row.remote_id
        }
        inputs = [{"id": row.remote_id} for row in batch.rows if row.remote_id]
        if not inputs:
            return Answer(skipped("no_remote_id"))
        answer = judge_http(self._call(Operation.DELETE, {"inputs": inputs}))
        return Answer(answer.of_all, without, answer.retry_after, answer.must_split, answer.is_halt)

    def _judge(self, exchange: Exchange, batch: Batch) -> Answer:
        answer = judge_http(exchange)
        if answer.of_all != accepted():
            return answer
        told = exchange.json_object()
        rows: dict[int, Verdict] = {}
        for each in _objects(told.get("results")):
            place = _place(each.get("objectWriteTraceId"), len(batch.rows))
            if place is not None:
                rows[place] = accepted(str(each.get("id", "")))
        for error in _objects(told.get("errors")):
            for place in _named(error, len(batch.rows)):
                rows[place] = _refused(error)
        # Whoever is named neither as done nor as refused is in doubt; an upsert may be told again.
        return Answer(unknown("row_not_named", str(exchange.status)), rows)


def _refused(error: Mapping[str, Any]) -> Verdict:
    category = str(error.get("category", ""))[:32]
    if category in _LATER:
        return deferred("unavailable", category)
    if category in _THERE:
        return skipped("already_there", category)
    if category == "OBJECT_NOT_FOUND":
        return skipped("not_there", category)
    return rejected("row_refused", category)


def _named(error: Mapping[str, Any], count: int) -> list[int]:
    context = error.get("context")
    told = context.get("objectWriteTraceId", []) if isinstance(context, dict) else []
    told = told if isinstance(told, list) else [told]
    return [place for each in told if (place := _place(each, count)) is not None]


def _place(told: Any, count: int) -> int | None:
    text = str(told)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 and int(text) < count else None


def _objects(told: Any) -> list[dict[str, Any]]:
    return [each for each in told if isinstance(each, dict)] if isinstance(told, list) else []


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _build(target: Target) -> HubSpotDestination:
    if len(target.key) != 1:
        raise TargetError("HubSpot knows a contact by one property; expected one field as key, such as email")
    return HubSpotDestination(read_section(HubSpotSettings), target)


plugin = DestinationPlugin(
    name="hubspot",
    capabilities=Capabilities(
        modes=frozenset({Mode.INSERT, Mode.UPDATE, Mode.UPSERT, Mode.MIRROR}),
        batch_size=100,
        in_flight=_IN_FLIGHT,
        # A second create of the same unique property is answered as there already.
        repeatable=frozenset({Operation.INSERT, Operation.UPDATE, Operation.UPSERT, Operation.DELETE}),
    ),
    build=_build,
    is_configured=lambda: bool(environment().get("KITH_HUBSPOT_TOKEN")),
)
