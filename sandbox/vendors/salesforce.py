"""Salesforce's Bulk API 2.0: jobs that are made, filled, closed, looked at, and told about row by row."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.emulation import Call, Office, Refusal, Reply, Route, Vendor

OPERATIONS = {"insert", "upsert", "delete", "update"}
LOOKS_BEFORE_DONE = 1


class _Bulk:
    def __init__(self, office: Office) -> None:
        self.office = office
        self._jobs: dict[str, dict[str, Any]] = {}

    def make(self, call: Call) -> Reply:
        self._signed_in(call)
        told = call.json()
        is_upsert = told.get("operation") == "upsert"
        if (
            told.get("operation") not in OPERATIONS
            or not told.get("object")
            or told.get("contentType") != "CSV"
        ):
            raise _bad("INVALIDJOB")
        if is_upsert != bool(told.get("externalIdFieldName")):
            raise _bad("INVALIDJOB")
        name = f"750{len(self._jobs):015d}"
        self._jobs[name] = {
            **told,
            "id": name,
            "state": "Open",
            "looks": 0,
            "rows": [],
            "done": [],
            "failed": [],
        }
        return Reply(200, _shown(self._jobs[name]))

    def fill(self, call: Call) -> Reply:
        job = self._job(call)
        if job["state"] != "Open" or not call.header("content-type").startswith("text/csv"):
            raise _bad("INVALIDJOBSTATE")
        job["rows"] = list(csv.DictReader(io.StringIO(call.body.decode("utf-8"))))
        return Reply(201)

    def change(self, call: Call) -> Reply:
        job, state = self._job(call), call.json().get("state")
        if job["state"] != "Open" or state not in ("UploadComplete", "Aborted"):
            raise _bad("INVALIDJOBSTATE")
        job["state"] = state
        if state == "UploadComplete":
            self._work(job)
        return Reply(200, _shown(job))

    def look(self, call: Call) -> Reply:
        job = self._job(call)
        if job["state"] in ("UploadComplete", "InProgress"):
            job["looks"] += 1
            job["state"] = "JobComplete" if job["looks"] > LOOKS_BEFORE_DONE else "InProgress"
        return Reply(200, _shown(job))

    def done(self, call: Call) -> Reply:
        return _csv(["sf__Id", "sf__Created"], self._job(call), "done")

    def failed(self, call: Call) -> Reply:
        return _csv(["sf__Id", "sf__Error"], self._job(call), "failed")

    def _work(self, job: dict[str, Any]) -> None:
        for row in job["rows"]:
            if job["operation"] == "delete":
                self.office.account.write("deleted", row["Id"], {})
                job["done"].append({**row, "sf__Id": row["Id"], "sf__Created": "false"})
                continue
            key = row.get(job.get("externalIdFieldName") or next(iter(row)), "")
            if any(self.office.habit.refuses(value) for value in row.values()):
                job["failed"].append(
                    {**row, "sf__Id": "", "sf__Error": "INVALID_EMAIL_ADDRESS:invalid:Email --"}
                )
                continue
            held = self.office.account.find("record", key) if job["operation"] == "upsert" else None
            name = held["id"] if held else f"003{self.office.name_of('record', key)[:15]}"
            self.office.account.write("record", key, {"id": name, "fields": row})
            job["done"].append({**row, "sf__Id": name, "sf__Created": str(held is None).lower()})

    def _job(self, call: Call) -> dict[str, Any]:
        self._signed_in(call)
        if call.parts["job"] not in self._jobs:
            raise Refusal("no_job", Reply(404, [{"errorCode": "NOT_FOUND", "message": "no such job"}]))
        return self._jobs[call.parts["job"]]

    def _signed_in(self, call: Call) -> None:
        if call.header("authorization") != f"Bearer {self.office.secret('token')}":
            raise Refusal("login", Reply(401, [{"errorCode": "INVALID_SESSION_ID", "message": "expired"}]))


def _shown(job: Mapping[str, Any]) -> dict[str, Any]:
    counted = {"numberRecordsProcessed": len(job["rows"]), "numberRecordsFailed": len(job["failed"])}
    return {name: job[name] for name in ("id", "object", "operation", "state")} | counted


def _csv(head: list[str], job: Mapping[str, Any], part: str) -> Reply:
    names = [*head, *(job["rows"][0] if job["rows"] else [])]
    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(job[part])
    return Reply(200, text.getvalue().encode(), {"content-type": "text/csv"})


def _bad(code: str) -> Refusal:
    return Refusal(code, Reply(400, [{"errorCode": code, "message": "refused"}]))


def _routes(office: Office) -> Sequence[Route]:
    bulk, path = _Bulk(office), "/services/data/v62.0/jobs/ingest"
    return [
        Route("POST", path, bulk.make),
        Route("PUT", path + "/{job}/batches", bulk.fill),
        Route("PATCH", path + "/{job}", bulk.change),
        Route("GET", path + "/{job}", bulk.look),
        Route("GET", path + "/{job}/successfulResults", bulk.done),
        Route("GET", path + "/{job}/failedResults", bulk.failed),
    ]


def _settings(url: str, office: Office) -> Mapping[str, str]:
    return {
        "KITH_SALESFORCE_BASE_URL": url,
        "KITH_SALESFORCE_TOKEN": office.secret("token"),
        "KITH_SALESFORCE_LOOK_SECONDS": "0.02",
    }


plugin = Vendor("salesforce", _routes, _settings)
