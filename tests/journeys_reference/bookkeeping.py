"""What must balance in any log of journeys, counted afterwards: planned messages, holdouts. No engine is asked."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from tests.journeys_reference.oracle import Breach

Row = Mapping[str, Any]
#: How somebody leaves a message step whose message was planned; by another label they leave before it.
PLANNED_BY = ("next", "sent", "dropped")
Steps = Collection[tuple[str, str]]


def unbalanced(transitions: Iterable[Row], outbox: Sequence[Row], steps: Steps) -> list[Breach]:
    """Enrolments of which as many messages were decided as planned at each step of `steps` (journey, step), each under
    an id of its own and with a reason where it was withheld: those of which that isn't so."""
    planned = Counter(
        (row["enrolment_id"], row["step_id"])
        for row in transitions
        if (row["journey"], row["step_id"]) in steps and row["label"] in PLANNED_BY
    )
    decided = Counter((row["enrolment_id"], row["step_id"]) for row in outbox)
    found = [
        Breach(enrolment, f"{planned[key]} planned at {step}, {decided[key]} decided")
        for key in planned.keys() | decided.keys()
        if planned[key] != decided[key]
        for enrolment, step in [key]
    ]
    names = Counter(row["message_id"] for row in outbox)
    found += [Breach(name, "decided twice") for name, count in names.items() if count > 1]
    found += [
        Breach(row["message_id"], "withheld without a reason, or sent with one")
        for row in outbox
        if (row["decision"] == "send") != (row["reason"] == "")
    ]
    return found


def undelivered(outbox: Iterable[Row], ledger: Iterable[Row]) -> list[Breach]:
    """Sends that the ledger doesn't hold, and messages in it that nobody decided to send."""
    decided = {row["message_id"] for row in outbox if row["decision"] == "send"}
    held = {row["message_id"] for row in ledger}
    return [
        *(Breach(name, "decided and not in the ledger") for name in decided - held),
        *(Breach(name, "in the ledger and not decided") for name in held - decided),
    ]


def redrawn(enrolments: Iterable[Row]) -> list[Breach]:
    """People who entered one journey on both sides of its holdout. A person is the id that they had as they entered."""
    sides: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in enrolments:
        sides[row["journey"], row["profile_id"]].add(row["holdout"])
    return [
        Breach(person, f"{journey}: {found}") for (journey, person), found in sides.items() if len(found) > 1
    ]


def sent_to_held(enrolments: Iterable[Row], outbox: Iterable[Row]) -> list[Breach]:
    """Marketing messages to somebody whom their enrolment holds out."""
    held = {row["enrolment_id"] for row in enrolments if row["holdout"]}
    return [
        Breach(row["message_id"], "sent to somebody held out")
        for row in outbox
        if row["decision"] == "send" and not row["is_transactional"] and row["enrolment_id"] in held
    ]
