"""People on their way through the abandoned cart's journey, beside the hand-made shop.

python -m tests.unit.dashboards.canvas.shop_journeys HOME
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from kith.run import Run
from kith.settings import Settings, load_settings
from tests.unit.dashboards.snapshot import publish_shop, schema, write_table

JOURNEY, VERSION, OLDER = "abandoned_cart", "a" * 32, "b" * 32
BEGIN = datetime(2026, 4, 20, 9, 0)
SCHEMAS = {
    "journeys": "journey:s journey_version:s enrolment_count:i inside_count:i completed_count:i goal_count:i"
    " stopped_count:i holdout_count:i first_entered_at:t last_entered_at:t",
    "enrolments": "enrolment_id:s journey:s journey_version:s profile_id:s entry_key:s entered_at:t is_holdout:b"
    " segment:s trigger_event_id:s is_late:b node_id:s node_entered_at:t is_ended:b ended_by:s",
    "journey_transitions": "journey:s journey_version:s enrolment_id:s profile_id:s node_id:s step_id:s label:s"
    " to_node_id:s kind:s at:t depth:i reason:s is_late:b",
    # What a backtest goes by.
    "profile_traits": "profile_id:s trait:s trait_value:s priority:i valid_from:t valid_to:t event_id:s",
    "consent_history": "identifier_type:s identifier_value:s purpose:s channel:s is_granted:b legal_basis:s binds_at:t"
    " told_at:t known_from:t known_to:t",
}
FIRST, HOURS, MAIL = "wait:2h", "only_between:09:00-20:00", "message:cart_reminder"
ANSWER, LAST = "wait:cart_reminder clicked", "message:cart_last_call"
#: How many go how far: the ways that they left steps by, where they stand then, and how it ended.
WAYS: Mapping[str, tuple[int, list[tuple[str, str]], str, str]] = {
    "waits": (12, [], FIRST, ""),
    "listens": (31, [(FIRST, "next"), (HOURS, "next"), (MAIL, "next")], ANSWER, ""),
    "clicked": (40, [(FIRST, "next"), (HOURS, "next"), (MAIL, "next"), (ANSWER, "1")], "", "completed"),
    "through": (90, [(FIRST, "next"), (HOURS, "next"), (MAIL, "next"), (ANSWER, "timeout"), (LAST, "next")], "",
                "completed"),
    "ordered": (27, [(FIRST, "next"), (HOURS, "next"), (MAIL, "next"), (ANSWER, "goal")], "", "goal"),
}  # fmt: skip


def publish_journeys(settings: Settings) -> Run:
    """The shop with its journeys."""
    run = publish_shop(settings)
    people = pq.read_table(run.path / "profiles.parquet")["profile_id"].to_pylist()
    walked = list(_walk(people))
    tables = {
        "enrolments": [row for row, _ in walked],
        "journey_transitions": [move for _, moves in walked for move in moves],
        "journeys": [_counts(version, [row for row, _ in walked]) for version in (VERSION, OLDER)],
        "profile_traits": [],
        "consent_history": list(_consents(pq.read_table(run.path / "identities.parquet").to_pylist())),
    }
    for name, rows in tables.items():
        pq.write_table(pa.Table.from_pylist(rows, schema=schema(SCHEMAS[name])), run.path / f"{name}.parquet")
    _send(run, walked)
    _join(run)
    return run


def _walk(people: list[str]) -> Iterable[tuple[dict[str, Any], list[dict[str, Any]]]]:
    number = 0
    for count, ways, node, ended in WAYS.values():
        for _ in range(count):
            yield _enrolment(number, people[number % len(people)], ways, node, ended)
            number += 1


def _enrolment(
    number: int, person: str, ways: list[tuple[str, str]], node: str, ended: str
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    at, version = BEGIN + timedelta(hours=number), OLDER if number % 10 == 0 else VERSION
    who = {"journey": JOURNEY, "journey_version": version, "enrolment_id": f"e{number}", "profile_id": person}
    path = [("", "entered"), *ways]
    moves = [
        {**who, "node_id": left, "step_id": left, "label": label, "depth": depth, "is_late": False,
         "to_node_id": path[depth + 1][0] if depth + 1 < len(path) else node,
         "kind": "entered" if depth == 0 else "exited" if ended and depth + 1 == len(path) else "moved",
         "at": at + timedelta(hours=2 * depth), "reason": ended if depth + 1 == len(path) else ""}
        for depth, (left, label) in enumerate(path)
    ]  # fmt: skip
    row = {**who, "entry_key": f"cart{number}", "entered_at": at, "is_holdout": number % 9 == 0, "segment": "",
           "trigger_event_id": f"v{number}", "is_late": False, "node_id": node, "node_entered_at": moves[-1]["at"],
           "is_ended": bool(ended), "ended_by": ended}  # fmt: skip
    return row, moves


def _counts(version: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    own = [row for row in rows if row["journey_version"] == version]
    ended = [row["ended_by"] for row in own]
    return {
        "journey": JOURNEY, "journey_version": version, "enrolment_count": len(own), "inside_count": ended.count(""),
        "completed_count": ended.count("completed"), "goal_count": ended.count("goal"), "stopped_count": 0,
        "holdout_count": sum(row["is_holdout"] for row in own), "first_entered_at": min(r["entered_at"] for r in own),
        "last_entered_at": max(row["entered_at"] for row in own),
    }  # fmt: skip


def _send(run: Run, walked: list[tuple[dict[str, Any], list[dict[str, Any]]]]) -> None:
    """A message for each step of the walks that sends; those held out get none."""
    known = pq.read_table(run.path / "messages.parquet").to_pylist()
    template = dict.fromkeys(known[0])
    for row, moves in walked:
        for move in moves:
            if move["step_id"].startswith("message:"):
                known.append(_message(template, row, move))
    write_table(run.path / "messages.parquet", "messages", known)


def _message(template: dict[str, Any], row: dict[str, Any], move: dict[str, Any]) -> dict[str, Any]:
    is_out, at = row["is_holdout"], move["at"]
    name = move["step_id"].removeprefix("message:")
    return {
        **template, "message_id": f"{row['enrolment_id']}{name}", "campaign": JOURNEY, "template": name,
        "journey_version": row["journey_version"], "step_id": move["step_id"], "enrolment_id": row["enrolment_id"],
        "profile_id": row["profile_id"], "channel": "email", "purpose": "marketing", "is_holdout": is_out,
        "decision": "hold_out" if is_out else "send", "outcome": "withheld" if is_out else "accepted",
        "reason": "holdout" if is_out else "", "is_eligible": True, "is_uncertain": False, "attempts": 1,
        "planned_at": at, "decided_at": at, "sent_at": None if is_out else at,
        "first_clicked_at": at if row["ended_by"] == "completed" and not is_out and name == "cart_reminder" else None,
    }  # fmt: skip


def _consents(identities: list[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    """Everybody with an address said yes to e-mail on the first of the year."""
    said = datetime(2026, 1, 1)
    for each in identities:
        if each["identifier_type"] == "email":
            yield {
                "identifier_type": "email", "identifier_value": each["identifier_value"], "purpose": "marketing",
                "channel": "email", "is_granted": True, "legal_basis": "consent", "binds_at": said, "told_at": said,
                "known_from": said, "known_to": None,
            }  # fmt: skip


def _join(run: Run) -> None:
    """Since when identifiers are whose, which backtests go by."""
    path = run.path / "identities.parquet"
    table = pq.read_table(path)
    since = pa.array([datetime(2026, 1, 1)] * len(table), pa.timestamp("us"))
    pq.write_table(table.append_column("joined_at", since), path)


if __name__ == "__main__":
    from kith.init import initialise

    given = load_settings(home=Path(sys.argv[1]))
    initialise(given)
    print(publish_journeys(given).run_id)
