"""The published tables of journeys: where everybody stands, out of the log of their moves."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from tests.unit.warehouse.lake import Lake, run_dbt

AS_OF, AT = datetime(2026, 5, 3), datetime(2026, 5, 1)
HOUR = timedelta(hours=1)
BLANK = {
    "journey": "slow",
    "journey_version": "v1",
    "as_of": AT,
    "is_late": False,
    "reason": "",
    "step_id": "",
}


def enrolment(name: str, profile: str, *, is_holdout: bool = False, as_of: datetime = AT) -> dict[str, Any]:
    return {
        **BLANK,
        "enrolment_id": name,
        "profile_id": profile,
        "entry_key": "",
        "entered_at": AT,
        "is_holdout": is_holdout,
        "holdout": "journey" if is_holdout else "",
        "segment": "everybody",
        "trigger_event_id": "",
        "as_of": as_of,
    }


def moves(
    name: str, profile: str, *to: str, reason: str = "completed", version: str = "v1"
) -> list[dict[str, Any]]:
    """From node to node, an hour apart; an empty one is the way out."""
    return [
        {
            **BLANK,
            "journey_version": version if depth else "v1",
            "enrolment_id": name,
            "profile_id": profile,
            "node_id": "" if not depth else to[depth - 1],
            "label": "next" if depth else "entered",
            "to_node_id": node,
            "kind": "entered" if not depth else "moved" if node else "exited",
            "at": AT + depth * HOUR,
            "depth": depth,
            "reason": "" if node else reason,
        }
        for depth, node in enumerate(to)
    ]


def test_journeys__tell_where_everybody_stands(tmp_path: Path) -> None:
    lake = Lake(tmp_path).lay_empty()
    lake.identities(1, {"p1": [("user_id", "u1")], "p2": [("user_id", "u2")]})
    lake.commit(
        "journeys",
        1,
        enrolments=[
            enrolment("e1", "p1"),
            enrolment("e2", "p2", is_holdout=True),
            enrolment("e3", "p2"),
            enrolment("later", "p1", as_of=AS_OF + HOUR),
        ],
        transitions=[*moves("e1", "p1", "wait", "send", ""), *moves("e2", "p2", "wait", "", reason="goal")],
    )
    lake.commit("journeys", 2, transitions=moves("e3", "p2", "wait", "send", version="v2"))
    (lake.home / "published" / "CURRENT").write_text(lake.begin_run(AS_OF).name)
    run_dbt(tmp_path, None, "run", "--select", "+journeys", "+journey_transitions")
    with duckdb.connect(str(tmp_path / "warehouse.duckdb"), read_only=True) as connection:
        stands = connection.execute(
            "SELECT enrolment_id, journey_version, profile_id, node_id, node_entered_at, is_ended, ended_by "
            "FROM enrolments ORDER BY enrolment_id"
        ).fetchall()
        counts = connection.execute(
            "SELECT * EXCLUDE (first_entered_at, last_entered_at) FROM journeys ORDER BY 2"
        )
        assert stands == [
            ("e1", "v1", "p1", "", AT + 2 * HOUR, True, "completed"),
            ("e2", "v1", "p2", "", AT + HOUR, True, "goal"),
            ("e3", "v2", "p2", "send", AT + HOUR, False, ""),
        ]
        assert counts.fetchall() == [("slow", "v1", 2, 0, 1, 1, 0, 1), ("slow", "v2", 1, 1, 0, 0, 0, 0)]
        assert connection.execute("SELECT count(*) FROM journey_transitions").fetchall() == [(7,)]
