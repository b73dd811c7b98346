"""The plan: the message itself, its definitions, how the person came in and walked, and what each gate said."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from activation.contract import Decision, Reason
from activation.gates.contract import Gate
from activation.lineage.entry import Entry
from kith.lake import Home, read_commit
from kith.registry import plugins
from kith.warehouse import Warehouse

Row = Mapping[str, Any]
#: What is told of a message; its address and identifiers are not: a lineage may be shown around.
_SHOWN = (
    *("journey", "step_id", "enrolment_id", "profile_id", "channel", "purpose", "decision", "reason"),
    *("reason_detail", "is_holdout", "is_eligible", "is_transactional", "not_after"),
)
_VERSIONS = """
    -- The first row that kept each version: a later one of the same name and version can't differ.
    SELECT kind, name, version, as_of, commit_name
    FROM lake_journeys_versions
    WHERE (name = $journey AND version = $journey_version AND kind <> 'template')
       OR (kind = 'template' AND name = $template AND version = $template_version)
    ORDER BY kind, name
"""
_CAPS = """
    -- The caps as they were kept last before the decision: a message is judged by those of its time.
    SELECT kind, name, arg_max(version, commit_name) AS version, max(as_of) AS as_of, max(commit_name) AS commit_name
    FROM lake_journeys_versions
    WHERE kind = 'cap' AND as_of <= $as_of
    GROUP BY kind, name
    ORDER BY name
"""
_ENROLMENT = "SELECT * FROM lake_journeys_enrolments WHERE enrolment_id = $enrolment_id"
_MOVES = """
    SELECT * FROM lake_journeys_transitions
    WHERE enrolment_id = $enrolment_id AND "at" <= $decided_at
    ORDER BY depth
"""


def message_row(warehouse: Warehouse, message_id: str) -> Row | None:
    """The outbox's row, with the commit that holds it."""
    rows = warehouse.rows("SELECT * FROM lake_journeys_outbox WHERE message_id = $1", [message_id])
    return rows[0] if rows else None


def message_entry(home: Home, row: Row) -> Entry:
    """The message as it was planned, and the run that planned it."""
    meta = read_commit(home.lake / "journeys" / row["commit_name"]).meta
    detail = {"message_id": row["message_id"], **{name: row[name] for name in _SHOWN}}
    detail |= {"run_id": meta.get("run_id", ""), "as_of": meta.get("as_of", "")}
    return Entry("message", "planned", row["decided_at"], detail, _place(row))


def definitions(warehouse: Warehouse, row: Row) -> Iterator[Entry]:
    """The very versions of the journey, its template and the caps that were in use."""
    asked = {name: row[name] for name in ("journey", "journey_version", "template", "template_version")}
    for each in [*warehouse.rows(_VERSIONS, asked), *warehouse.rows(_CAPS, {"as_of": row["as_of"]})]:
        detail = {"version": each["version"]}
        yield Entry("definition", f"{each['kind']} {each['name']}", each["as_of"], detail, _place(each))


def enrolment(warehouse: Warehouse, row: Row) -> Row | None:
    """The row of the one pass of the one person that planned the message."""
    rows = warehouse.rows(_ENROLMENT, {"enrolment_id": row["enrolment_id"]})
    return rows[0] if rows else None


def enrolment_entries(warehouse: Warehouse, row: Row, entered: Row | None) -> Iterator[Entry]:
    """How the person came in, and every move up to the decision."""
    if entered:
        names = (
            "journey_version",
            "entry_key",
            "is_holdout",
            "holdout",
            "segment",
            "trigger_event_id",
            "is_late",
        )
        detail = {name: entered[name] for name in names if name in entered}
        yield Entry("enrolment", "entered", entered["entered_at"], detail, _place(entered))
    asked = {"enrolment_id": row["enrolment_id"], "decided_at": row["decided_at"]}
    for each in warehouse.rows(_MOVES, asked):
        names = ("step_id", "label", "to_node_id", "reason", "is_late")
        detail = {name: each[name] for name in names if name in each}
        yield Entry("enrolment", each["kind"], each["at"], detail, _place(each))


def gate_entries(row: Row) -> Iterator[Entry]:
    """Each rule of the plan gate in its order: it passed, it refused, or it was not asked any more.

    Who is held out is judged by the other rules all the same: lift compares like with like.
    """
    found = [gate for gate in plugins("activation.gates", Gate).values() if gate.plan_order is not None]
    is_open = True
    for gate in sorted(found, key=lambda each: each.plan_order or 0):
        verdict = _verdict(gate.reason, row, is_open)
        is_open = is_open and (verdict != "refused" or gate.reason == Reason.HOLDOUT)
        detail: dict[str, object] = {"verdict": verdict}
        if verdict == "refused":
            detail["detail"] = row["reason_detail"]
        if gate.reason == Reason.NO_CONSENT and verdict == "passed":
            detail["lifted_refusals"] = len(json.loads(row["lifted"] or "[]"))
        yield Entry("gate", str(gate.reason), row["decided_at"], detail)
    if row["reason"] in (Reason.BUDGET, Reason.THROTTLED):
        yield Entry(
            "gate", row["reason"], row["decided_at"], {"verdict": "refused", "detail": row["reason_detail"]}
        )
    elif row["decision"] == Decision.SEND:
        yield Entry("gate", "budget and throttle", row.get("release_at"), {"verdict": "passed"})


def _verdict(reason: Reason, row: Row, is_open: bool) -> str:
    if row["reason"] == reason:
        return "refused"
    if (
        row["is_eligible"]
        or row["decision"] == Decision.SEND
        or row["reason"] in (Reason.BUDGET, Reason.THROTTLED)
    ):
        return "passed"
    # Of a held-out person who is not eligible, some later rule says no; the row names the first alone.
    return ("passed" if row["reason"] != Reason.HOLDOUT else "not told") if is_open else "not asked"


def _place(row: Row) -> str:
    return f"lake/journeys/{row['commit_name']}"
