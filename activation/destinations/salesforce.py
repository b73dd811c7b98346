"""Salesforce objects through Bulk API 2.0: a job a batch, its CSV, and what became of every row.

A job that was not closed never runs, so its name is kept before it is closed: a run that was killed asks what became of
that job instead of making another. A job that is complete has not therefore worked: the failed rows are a file of their
own. An empty field leaves the value alone there, so what is null here is written as #N/A, which clears it.
"""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Mapping
from typing import Any

import orjson

from activation.destinations._judging import judge_http, verdict_of_lost
from activation.destinations._over_http import OverHttp
from activation.destinations.contract import (
    Answer,
    Batch,
    Capabilities,
    DestinationPlugin,
    Mode,
    Note,
    Operation,
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

_LARGEST = 100_000_000  # bytes of CSV; the limit is 150 MB once it is base64
_LONGEST_FIELD = 32_000
_ANSWER_BYTES = 200_000_000
_LOOKS = 300
_ENDED = frozenset({"JobComplete", "Failed", "Aborted"})


class SalesforceSettings(Section, prefix="KITH_SALESFORCE_"):
    """`base_url` is the organisation's own, https://<domain>.my.salesforce.com; `token` an access token of a
    connected app."""

    base_url: str
    token: str
    version: str = "v62.0"
    look_seconds: float = 2.0


class SalesforceDestination(OverHttp):
    """contract.Destination over jobs/ingest."""

    def __init__(self, settings: SalesforceSettings, target: Target) -> None:
        super().__init__(timeout=300.0)
        self._settings, self._target = settings, target
        self._jobs = f"{settings.base_url}/services/data/{settings.version}/jobs/ingest"

    def push(self, batch: Batch, note: Note) -> Answer:
        if batch.token and (answer := self._taken_up(batch)) is not None:
            return answer
        if batch.operation is Operation.DELETE and not any(row.remote_id for row in batch.rows):
            return Answer(skipped("no_remote_id"))
        told = self._csv(batch)
        if len(told) > _LARGEST:
            return Answer(rejected("too_large"), must_split=True)
        return self._run(batch, told, note)

    def _run(self, batch: Batch, told: bytes, note: Note) -> Answer:
        made = self._call("POST", "", orjson.dumps(self._job(batch.operation)))
        if not made.is_success:
            # Whatever became of it, a job without rows that nobody closes does nothing.
            answer = judge_http(made)
            return Answer(deferred("no_job", str(made.status)), is_halt=answer.is_halt or answer.must_split)
        job = str(made.json_object().get("id", ""))
        put = self._call("PUT", f"/{job}/batches", told, "text/csv; charset=UTF-8")
        if not put.is_success:
            answer = judge_http(put)
            return Answer(deferred("rows_not_taken", str(put.status)), is_halt=answer.is_halt)
        note(job)
        return self._closed(batch, job)

    def _closed(self, batch: Batch, job: str) -> Answer:
        closed = self._call("PATCH", f"/{job}", b'{"state":"UploadComplete"}')
        if closed.may_have_worked or closed.is_success:
            return self._await(batch, job)
        return Answer(deferred("not_closed", str(closed.status)))

    def _taken_up(self, batch: Batch) -> Answer | None:
        """What became of the job that an earlier try made; None where it never ran and never will."""
        looked = self._call("GET", f"/{batch.token}")
        if looked.status == 404:
            return None
        if not looked.is_success:
            return Answer(verdict_of_lost(looked), retry_after=looked.retry_after)
        if looked.json_object().get("state") == "Open":
            return self._closed(batch, batch.token)
        answer = self._await(batch, batch.token)
        is_void = answer.of_all.provider_code in ("Failed", "Aborted") and not answer.of_row
        return None if is_void else answer

    def _await(self, batch: Batch, job: str) -> Answer:
        for _look in range(_LOOKS):
            looked = self._call("GET", f"/{job}")
            state = looked.json_object().get("state") if looked.is_success else ""
            if state in _ENDED:
                return self._read(batch, job, str(state))
            time.sleep(self._settings.look_seconds)
        return Answer(deferred("still_processing"))

    def _read(self, batch: Batch, job: str, state: str) -> Answer:
        """Rows by their place, a column that we add; the rest of the job was never looked at."""
        rows: dict[int, Verdict] = {}
        for part in ("successfulResults", "failedResults"):
            told = self._call("GET", f"/{job}/{part}")
            if not told.is_success:
                return Answer(verdict_of_lost(told), retry_after=told.retry_after)
            for row in csv.DictReader(io.StringIO(told.body.decode("utf-8"))):
                rows |= self._verdict(batch, row, part)
        without = {
            place: skipped("no_remote_id")
            for place, each in enumerate(batch.rows)
            if _is_lacking(batch, each)
        }
        return Answer(deferred("not_processed", state), {**rows, **without})

    def _verdict(self, batch: Batch, row: Mapping[str, str], part: str) -> dict[int, Verdict]:
        place = self._place(batch, row)
        if place is None:
            return {}
        if part == "successfulResults":
            return {place: accepted(row.get("sf__Id", ""))}
        code = row.get("sf__Error", "").partition(":")[0][:32]
        return {
            place: skipped("not_there", code)
            if code == "ENTITY_IS_DELETED"
            else rejected("row_refused", code)
        }

    def _place(self, batch: Batch, row: Mapping[str, str]) -> int | None:
        """Results carry the input columns: the key, or the id of a removal."""
        column = "Id" if batch.operation is Operation.DELETE else self._target.key[0]
        return self._places(batch).get(row.get(column, ""))

    def _places(self, batch: Batch) -> dict[str, int]:
        if batch.operation is Operation.DELETE:
            return {row.remote_id: place for place, row in enumerate(batch.rows) if row.remote_id}
        return {_cell(row.fields[self._target.key[0]]): place for place, row in enumerate(batch.rows)}

    def _job(self, operation: Operation) -> Mapping[str, str]:
        told = {
            "object": self._target.options["object"],
            "operation": operation.value,
            "contentType": "CSV",
            "lineEnding": "LF",
        }
        if operation is Operation.UPSERT:
            told["externalIdFieldName"] = self._target.key[0]
        return told

    def _csv(self, batch: Batch) -> bytes:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        if batch.operation is Operation.DELETE:
            writer.writerow(["Id"])
            writer.writerows([row.remote_id] for row in batch.rows if row.remote_id)
        else:
            names = list(self._target.columns)
            writer.writerow(names)
            for row in batch.rows:
                writer.writerow([_cell(row.fields.get(name)) for name in names])
        return text.getvalue().encode()

    def _call(self, method: str, path: str, body: bytes = b"", kind: str = "application/json") -> Exchange:
        headers = {"authorization": f"Bearer {self._settings.token}", "content-type": kind}
        return self._client.call(Call(method, self._jobs + path, headers, body, largest=_ANSWER_BYTES))


def _is_lacking(batch: Batch, row: Any) -> bool:
    return batch.operation is Operation.DELETE and not row.remote_id


def _cell(value: Any) -> str:
    if value is None:
        return "#N/A"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)[:_LONGEST_FIELD]


def _build(target: Target) -> SalesforceDestination:
    if len(target.key) != 1:
        raise TargetError("Salesforce knows a row by one external id; expected one field as key")
    return SalesforceDestination(read_section(SalesforceSettings), target)


plugin = DestinationPlugin(
    name="salesforce",
    capabilities=Capabilities(
        modes=frozenset({Mode.INSERT, Mode.UPSERT, Mode.MIRROR}),
        batch_size=10_000,
        in_flight=2,
        # Of an insert, the job's name tells whether it ran.
        repeatable=frozenset({Operation.INSERT, Operation.UPSERT, Operation.DELETE}),
        options={"object": "the object's API name, such as Contact"},
        required=frozenset({"object"}),
    ),
    build=_build,
    is_configured=lambda: bool(environment().get("KITH_SALESFORCE_TOKEN")),
)
