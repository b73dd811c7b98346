"""The send gate: one message in memory, and the permission that nothing leaves without."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from activation.contract import Identifier, Outcome, PlannedMessage, Reason
from activation.gates import ConsentRecord, Gate, Permission, Refusal, judge_send
from activation.gates.contract import PermissionSet
from kith.registry import plugins
from kith.settings import PROJECT

NOW = datetime(2026, 5, 1, 8, 1, tzinfo=UTC)
MESSAGE = PlannedMessage(
    message_id="m" * 32,
    journey="winback",
    journey_version="v",
    step_id="message:offer",
    enrolment_id="e",
    profile_id="p",
    channel="email",
    purpose="marketing",
    template="offer",
    template_version="t",
    address="ada@example.com",
    identifiers=(("user_id", "u1"), ("email", "ada@example.com")),
    locale="en",
    variables={},
    decided_at=NOW - timedelta(minutes=1),
    not_after=NOW,
    is_transactional=False,
)


@dataclass(frozen=True)
class Facts:
    records: tuple[ConsentRecord, ...] = ()
    suppressed: frozenset[str] = frozenset()

    def consent_records(
        self, identifiers: Sequence[Identifier], purpose: str, channel: str
    ) -> list[ConsentRecord]:
        return [each for each in self.records if (each.identifier_type, each.identifier_value) in identifiers]

    def is_suppressed(self, channel: str, address: str) -> bool:
        return address.casefold() in self.suppressed


def record(kind: str, value: str, is_granted: bool, **more: str) -> ConsentRecord:
    return ConsentRecord(
        kind,
        value,
        more.get("purpose", "marketing"),
        more.get("channel", "email"),
        is_granted,
        "consent",
        "form",
    )


GRANTED = Facts((record("user_id", "u1", True),))


def test_send_gate__permits_a_consented_message_until_its_last_instant() -> None:
    verdict = judge_send(MESSAGE, GRANTED, NOW)
    assert isinstance(verdict, Permission)
    assert (verdict.message_id, verdict.basis, verdict.evidence) == (MESSAGE.message_id, "consent", "form")


@pytest.mark.parametrize(
    "records",
    [
        (),
        (record("user_id", "u1", True, purpose="newsletter"),),
        (record("user_id", "u1", True, channel="sms"),),
        (record("user_id", "somebody else", True),),
        (record("user_id", "u1", True), record("email", "ada@example.com", False)),
        (record("email", "ada@example.com", False), record("user_id", "u1", True)),
    ],
    ids=["no record", "other purpose", "other channel", "other person", "strictest last", "strictest first"],
)
def test_send_gate__refuses_without_consent(records: tuple[ConsentRecord, ...]) -> None:
    verdict = judge_send(MESSAGE, Facts(records), NOW)
    assert isinstance(verdict, Refusal)
    assert (verdict.outcome, verdict.reason) == (Outcome.SUPPRESSED, Reason.NO_CONSENT)


def test_send_gate__a_transactional_message_needs_no_record_but_heeds_a_withdrawal() -> None:
    receipt = replace(MESSAGE, purpose="transactional", is_transactional=True)
    assert isinstance(judge_send(receipt, Facts(), NOW), Permission)
    withdrawn = Facts((record("user_id", "u1", False, purpose="transactional"),))
    assert isinstance(judge_send(receipt, withdrawn, NOW), Refusal)


REFUSED_AT = NOW - timedelta(days=3)
LIFTED = replace(MESSAGE, lifted={("email", "ada@example.com"): REFUSED_AT})


def refusal(at: datetime | None, kind: str = "email", value: str = "ada@example.com") -> ConsentRecord:
    return replace(record(kind, value, False), effective_at=at)


def test_send_gate__accepts_a_refusal_that_the_plan_saw_lifted() -> None:
    facts = Facts((record("user_id", "u1", True), refusal(REFUSED_AT)))
    assert isinstance(judge_send(LIFTED, facts, NOW), Permission)
    assert isinstance(judge_send(MESSAGE, facts, NOW), Refusal)


@pytest.mark.parametrize(
    "record_",
    [
        refusal(REFUSED_AT + timedelta(microseconds=1)),
        refusal(None),
        refusal(REFUSED_AT, "user_id", "u1"),
    ],
    ids=["newer", "of no time", "of another identifier"],
)
def test_send_gate__stops_for_a_refusal_that_the_plan_did_not_see_lifted(record_: ConsentRecord) -> None:
    message = replace(LIFTED, identifiers=(*MESSAGE.identifiers, ("user_id", "u2")))
    facts = Facts((record("user_id", "u2", True), record_))
    assert isinstance(judge_send(message, facts, NOW), Refusal)


def test_send_gate__a_lifted_refusal_alone_gives_no_leave() -> None:
    assert isinstance(judge_send(LIFTED, Facts((refusal(REFUSED_AT),)), NOW), Refusal)


def test_send_gate__heeds_the_address_whosever_it_is_but_takes_no_leave_from_it() -> None:
    lent = replace(MESSAGE, address=" Lent@Example.com ")
    theirs = refusal(REFUSED_AT, "email", "lent@example.com")
    assert isinstance(judge_send(lent, Facts((record("user_id", "u1", True), theirs)), NOW), Refusal)
    granted = Facts((record("email", "lent@example.com", True),))
    assert isinstance(judge_send(lent, granted, NOW), Refusal)


def test_contract__lifted_refusals_come_out_of_the_outbox() -> None:
    row = {name: getattr(MESSAGE, name) for name in MESSAGE.__dataclass_fields__}
    texts = {
        "identifiers": "[]",
        "variables": "{}",
        "lifted": '[["email","a@b.c","2026-04-28T08:00:00.000000Z"]]',
    }
    message = PlannedMessage.from_row({**row, **texts})
    assert message.lifted == {("email", "a@b.c"): datetime(2026, 4, 28, 8, tzinfo=UTC)}


def test_send_gate__refuses_a_suppressed_address() -> None:
    verdict = judge_send(MESSAGE, replace(GRANTED, suppressed=frozenset({"ada@example.com"})), NOW)
    assert isinstance(verdict, Refusal)
    assert (verdict.outcome, verdict.reason) == (Outcome.SUPPRESSED, Reason.SUPPRESSED)


def test_send_gate__expires_after_not_after() -> None:
    verdict = judge_send(MESSAGE, GRANTED, NOW + timedelta(microseconds=1))
    assert isinstance(verdict, Refusal)
    assert (verdict.outcome, verdict.reason) == (Outcome.EXPIRED, Reason.EXPIRED)


def test_send_gate__consent_speaks_before_suppression_and_expiry() -> None:
    late = NOW + timedelta(days=1)
    facts = Facts((), frozenset({"ada@example.com"}))
    verdict = judge_send(MESSAGE, facts, late)
    assert isinstance(verdict, Refusal)
    assert verdict.reason is Reason.NO_CONSENT


@pytest.mark.parametrize("kind", [Permission, PermissionSet])
def test_permission__can_not_be_made_without_the_policy(kind: type) -> None:
    with pytest.raises(TypeError, match="only the consent policy"):
        kind(object(), *(["x"] * (3 if kind is Permission else 1)))


def test_permission__its_seal_is_read_by_the_consent_policy_alone() -> None:
    folders = ("activation", "api", "kith", "dagster_project", "dashboards", "sandbox")
    readers = {
        path.relative_to(PROJECT).as_posix()
        for folder in folders
        for path in (PROJECT / folder).rglob("*.py")
        if _mentions_seal(path)
    }
    assert readers == {"activation/gates/contract.py", "activation/gates/consent.py"}


def _mentions_seal(path: Path) -> bool:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]
    names += [node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    names += [
        alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names
    ]
    return "_POLICY_SEAL" in names


def test_gates__each_has_a_part_and_a_place_of_its_own() -> None:
    gates = plugins("activation.gates", Gate)
    for orders in (
        [gate.plan_order for gate in gates.values()],
        [gate.send_order for gate in gates.values()],
    ):
        places = [order for order in orders if order is not None]
        assert len(places) == len(set(places))
    assert all(gate.plan_order or gate.send_order for gate in gates.values())
    planned = sorted((gate.plan_order, name) for name, gate in gates.items() if gate.plan_order)
    assert [name for _, name in planned] == [
        *("holdout", "consent", "suppression", "reachability", "missing_variable", "frequency_cap")
    ]
