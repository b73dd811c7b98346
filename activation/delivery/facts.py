"""What the send gate asks (activation.gates.contract.SendFacts), answered from the projections in one
transaction.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import Connection

from activation.contract import Identifier
from activation.delivery.consent_events import address_key
from activation.delivery.schema import CONSENT_NOW, SUPPRESSION
from activation.gates import ConsentRecord


class LedgerFacts:
    """The world as this connection's transaction sees it: judged and marked in one, nothing can come
    between.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def consent_records(
        self, identifiers: Sequence[Identifier], purpose: str, channel: str
    ) -> list[ConsentRecord]:
        """One record for each of these identifiers that has one."""
        columns = CONSENT_NOW.c
        is_theirs = sa.or_(
            *(
                sa.and_(columns.identifier_type == kind, columns.identifier_value == value)
                for kind, value in identifiers
            )
        )
        wanted = sa.select(CONSENT_NOW).where(
            columns.purpose == purpose, columns.channel == channel, is_theirs if identifiers else sa.false()
        )
        return [
            ConsentRecord(
                row.identifier_type,
                row.identifier_value,
                row.purpose,
                row.channel,
                row.is_granted,
                row.legal_basis,
                row.evidence,
                row.effective_at,
            )
            for row in self._connection.execute(wanted)
        ]

    def is_suppressed(self, channel: str, address: str) -> bool:
        """Whether this address is on the channel's suppression list, whatever its case."""
        found = sa.select(SUPPRESSION.c.is_active).where(
            SUPPRESSION.c.channel == channel, SUPPRESSION.c.address_key == address_key(channel, address)
        )
        return bool(self._connection.scalar(found))
