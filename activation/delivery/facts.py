"""What the send gate asks (activation.gates.contract.SendFacts), answered from the projections in one
transaction, for a whole batch of messages at once.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from activation.contract import Identifier, PlannedMessage
from activation.delivery.bulk import among, listed
from activation.delivery.consent_events import address_key
from activation.delivery.schema import CONSENT_NOW, SUPPRESSION
from activation.gates import ConsentRecord
from activation.gates.consent import address_identifier

_Matter = tuple[str, str]  # (purpose, channel)


class LedgerFacts:
    """The world as this connection's transaction sees it: judged and marked in one, nothing can come
    between. What is asked about `messages` was read at once; anything else is read when it is asked.
    """

    def __init__(self, connection: Connection, messages: Iterable[PlannedMessage] = ()) -> None:
        self._connection = connection
        self._records: dict[_Matter, dict[Identifier, ConsentRecord | None]] = {}
        self._suppressed: dict[str, dict[str, bool]] = {}
        messages = list(messages)
        for matter in {(message.purpose, message.channel) for message in messages}:
            theirs = [message for message in messages if (message.purpose, message.channel) == matter]
            asked = [[*each.identifiers, *address_identifier(each)] for each in theirs]
            self._read_records(matter, [identifier for one in asked for identifier in one])
        for channel in {message.channel for message in messages}:
            self._read_suppressed(channel, [each.address for each in messages if each.channel == channel])

    def consent_records(
        self, identifiers: Sequence[Identifier], purpose: str, channel: str
    ) -> list[ConsentRecord]:
        """One record for each of these identifiers that has one."""
        known = self._records.setdefault((purpose, channel), {})
        unread = [identifier for identifier in identifiers if identifier not in known]
        if unread:
            self._read_records((purpose, channel), unread)
        return [found for each in identifiers if (found := known[each]) is not None]

    def is_suppressed(self, channel: str, address: str) -> bool:
        """Whether this address is on the channel's suppression list, whatever its case."""
        known = self._suppressed.setdefault(channel, {})
        if address not in known:
            self._read_suppressed(channel, [address])
        return known[address]

    def _read_records(self, matter: _Matter, identifiers: Sequence[Identifier]) -> None:
        known = self._records.setdefault(matter, {})
        by_type: dict[str, list[str]] = {}
        for identifier in identifiers:
            known[identifier] = None
            by_type.setdefault(identifier[0], []).append(identifier[1])
        dialect = self._connection.dialect.name
        for kind, values in by_type.items():
            # Types one by one: the key begins with them.
            asked = {
                "kind": kind,
                "among": listed(dialect, values),
                "purpose": matter[0],
                "channel": matter[1],
            }
            for row in self._connection.execute(_records(dialect), asked):
                known[kind, row.identifier_value] = _record(kind, row, matter)

    def _read_suppressed(self, channel: str, addresses: Sequence[str]) -> None:
        keys = {address: address_key(channel, address) for address in addresses}
        dialect = self._connection.dialect.name
        asked = {"channel": channel, "among": listed(dialect, list(keys.values()))}
        found = set(self._connection.scalars(_suppressed(dialect), asked))
        known = self._suppressed.setdefault(channel, {})
        known.update((address, key in found) for address, key in keys.items())


@cache
def _records(dialect: str) -> sa.Select[Any]:
    columns = ("identifier_value", "is_granted", "legal_basis", "evidence", "effective_at")
    return sa.select(*(CONSENT_NOW.c[name] for name in columns)).where(
        CONSENT_NOW.c.identifier_type == sa.bindparam("kind"),
        among(dialect, CONSENT_NOW.c.identifier_value),
        CONSENT_NOW.c.purpose == sa.bindparam("purpose"),
        CONSENT_NOW.c.channel == sa.bindparam("channel"),
    )


@cache
def _suppressed(dialect: str) -> sa.Select[Any]:
    return sa.select(SUPPRESSION.c.address_key).where(
        SUPPRESSION.c.channel == sa.bindparam("channel"),
        SUPPRESSION.c.is_active.is_(True),
        among(dialect, SUPPRESSION.c.address_key),
    )


def _record(kind: str, row: Any, matter: _Matter) -> ConsentRecord:
    value, is_granted, basis, evidence, at = row
    return ConsentRecord(kind, value, *matter, is_granted, basis, evidence, at)
