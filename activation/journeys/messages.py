"""The message step: from people at the step to decided outbox rows, for all journeys in one go."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from activation.addresses import ADDRESS_TYPES
from activation.contract import OUTBOX_SCHEMA, Decision, Reason
from activation.gates.consent import permit
from activation.gates.contract import Gate, PermissionSet, PlanView
from activation.journeys.variables import freeze
from activation.rendering.templates import Template
from kith.registry import plugins
from kith.warehouse import Warehouse

#: Where a person's address of each type stands.
_COLUMNS = {"email": "p.email", "phone": "p.phone", "user_id": "u.user_id"}

_DRAFTS = """
    -- One row per person and message step entered in this tick. The decision is due as the step is entered.
    CREATE TEMP TABLE drafts AS
    SELECT md5(concat_ws(chr(31), e.journey, s.step_id, e.enrolment_id,
               strftime(e.entered_at, '%Y-%m-%dT%H:%M:%S.%fZ'))) AS message_id,
           e.journey, e.journey_version, s.step_id, e.enrolment_id, e.profile_id, s.channel, s.purpose,
           s.template, s.template_version, CASE s.channel {addresses} END AS address,
           p.locale, e.entered_at, e.entered_at AS decided_at,
           e.entered_at + to_microseconds(s.expires_after) AS not_after,
           0 AS depth, j.priority, e.is_holdout, s.is_transactional
    FROM entrants AS e
    JOIN journeys AS j ON j.journey = e.journey
    JOIN message_steps AS s ON s.journey = e.journey
    LEFT JOIN profiles AS p ON p.profile_id = e.profile_id
    LEFT JOIN (
        SELECT profile_id, min(identifier_value) AS user_id
        FROM identities
        WHERE identifier_type = 'user_id'
        GROUP BY profile_id
    ) AS u ON u.profile_id = e.profile_id
"""

_CANDIDATES = """
    -- One row per message to judge.
    CREATE TEMP TABLE candidates AS
    SELECT d.*, f.variables, f.missing_variable
    FROM drafts AS d
    LEFT JOIN frozen AS f ON f.message_id = d.message_id
"""

_OUTBOX = """
    -- One row per message. A send needs a permission; what is withheld carries its first refusal.
    WITH first_refusals AS (
        SELECT message_id, arg_min(reason, gate_order) AS reason, arg_min(detail, gate_order) AS detail,
               bool_and(reason = '{holdout}') AS is_eligible
        FROM refusals
        GROUP BY message_id
    ),
    names AS (
        SELECT i.profile_id,
               CAST(to_json(list([i.identifier_type, i.identifier_value]
                   ORDER BY i.identifier_type, i.identifier_value)) AS VARCHAR) AS identifiers
        FROM identities AS i
        SEMI JOIN candidates AS c ON c.profile_id = i.profile_id
        GROUP BY i.profile_id
    ),
    decided AS (
        SELECT c.*, '{send}' AS decision, '' AS reason, '' AS reason_detail, true AS is_eligible, p.lifted
        FROM candidates AS c
        JOIN {permissions} AS p ON p.message_id = c.message_id
        ANTI JOIN first_refusals AS r ON r.message_id = c.message_id
        UNION ALL
        SELECT c.*, '{withhold}' AS decision, r.reason, coalesce(r.detail, '') AS reason_detail, r.is_eligible,
               '[]' AS lifted
        FROM candidates AS c
        JOIN first_refusals AS r ON r.message_id = c.message_id
    )
    SELECT d.*, coalesce(n.identifiers, '[]') AS identifiers, $as_of AS as_of
    FROM decided AS d
    LEFT JOIN names AS n ON n.profile_id = d.profile_id
    ORDER BY d.journey, d.step_id, d.message_id
"""


def draft(
    warehouse: Warehouse, templates: Mapping[str, Template], attributes: Mapping[str, str] | None = None
) -> None:
    """Fills `candidates`: a message for everyone who entered, with its address and frozen variables.

    `attributes` are those that the templates read, as `freeze` takes them.
    """
    addresses = " ".join(f"WHEN '{channel}' THEN {_COLUMNS[kind]}" for channel, kind in ADDRESS_TYPES.items())
    warehouse.connection.execute(_DRAFTS.format(addresses=addresses))
    freeze(warehouse, templates, attributes)
    warehouse.connection.execute(_CANDIDATES)


def judge(view: PlanView) -> PermissionSet:
    """Asks every plan gate in order and fills `refusals`; answers what the consent policy permitted."""
    view.connection.execute(
        "CREATE TEMP TABLE refusals (message_id TEXT, gate_order BIGINT, reason TEXT, detail TEXT)"
    )
    for gate in plan_gates():
        view.connection.execute(
            f"""INSERT INTO refusals
                SELECT message_id, {gate.plan_order} AS gate_order, '{gate.reason}' AS reason, detail
                FROM ({gate.refusals(view)})"""
        )
    return permit(view)


def plan_gates() -> list[Gate]:
    """The rules with a part in the plan gate, in their order."""
    found = [gate for gate in plugins("activation.gates", Gate).values() if gate.plan_order is not None]
    return sorted(found, key=lambda gate: gate.plan_order or 0)


def decide(warehouse: Warehouse, permissions: PermissionSet, as_of: object) -> pa.Table:
    """The outbox rows of this tick (OUTBOX_SCHEMA). A `send` can't be built without a permission set."""
    if not isinstance(permissions, PermissionSet):
        raise TypeError("outbox rows need the consent policy's permissions")
    sql = _OUTBOX.format(
        permissions=permissions.relation,
        holdout=Reason.HOLDOUT,
        send=Decision.SEND,
        withhold=Decision.WITHHOLD,
    )
    found = warehouse.arrow(sql, {"as_of": as_of})
    return found.select(OUTBOX_SCHEMA.names).cast(OUTBOX_SCHEMA)
