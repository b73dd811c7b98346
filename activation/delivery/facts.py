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

# Built once: building a statement costs several times as much as running it.
_RECORDS = sa.select(CONSENT_NOW).where(
    CONSENT_NOW.c.identifier_value.in_(sa.bindparam("values", expanding=True)),
    CONSENT_NOW.c.purpose == sa.bindparam("purpose"),
    CONSENT_NOW.c.channel == sa.bindparam("channel"),
)
_SUPPRESSED = sa.select(SUPPRESSION.c.is_active).where(
    SUPPRESSION.c.channel == sa.bindparam("channel"),
    SUPPRESSION.c.address_key == sa.bindparam("address_key"),
)


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
        wanted = {"values": [value for _, value in identifiers], "purpose": purpose, "channel": channel}
        rows = self._connection.execute(_RECORDS, wanted)
        theirs = [row for row in rows if (row.identifier_type, row.identifier_value) in identifiers]
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
            for row in theirs
        ]

    def is_suppressed(self, channel: str, address: str) -> bool:
        """Whether this address is on the channel's suppression list, whatever its case."""
        key = {"channel": channel, "address_key": address_key(channel, address)}
        return bool(self._connection.scalar(_SUPPRESSED, key))
