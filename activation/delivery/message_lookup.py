"""One message of the ledger, for whoever follows a link of it."""

import sqlalchemy as sa

from activation.contract import PlannedMessage
from activation.delivery.schema import LEDGER
from kith.state import StateDatabase


def find_message(database: StateDatabase, message_id: str) -> PlannedMessage | None:
    """The planned message, or None where the ledger never held it."""
    with database.read() as connection:
        row = connection.execute(sa.select(LEDGER).where(LEDGER.c.message_id == message_id)).one_or_none()
    return PlannedMessage.from_row(row._asdict()) if row else None
