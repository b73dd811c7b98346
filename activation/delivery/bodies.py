"""What a message said: rendered again from its template's version and frozen variables, and held against the hash that
was written down when it was handed over."""

from dataclasses import dataclass

import sqlalchemy as sa

from activation.contract import PlannedMessage
from activation.delivery.composition import Composer
from activation.delivery.links import LinkSigner
from activation.delivery.schema import LEDGER, LEDGER_LOG
from activation.delivery.template_store import TemplateStore
from activation.rendering import Rendered
from kith.errors import KithError
from kith.settings import Settings
from kith.state import StateDatabase


@dataclass(frozen=True)
class Body:
    """`is_proven`: it is to the last letter what was handed over. Without a hand-over there is nothing to prove."""

    message: PlannedMessage
    content: Rendered
    handed_over: str

    @property
    def is_proven(self) -> bool:
        return self.content.content_hash == self.handed_over


def body_of(settings: Settings, message_id: str) -> Body:
    """The body of one message, before its links were tracked. Raises KithError where the ledger doesn't know it, its
    template's version is gone, or the workspace's secret is another."""
    database = StateDatabase.open(settings)
    try:
        with database.read() as connection:
            row = connection.execute(sa.select(LEDGER).where(LEDGER.c.message_id == message_id)).first()
            hashes = connection.scalars(
                sa.select(LEDGER_LOG.c.content_hash)
                .where(LEDGER_LOG.c.message_id == message_id, LEDGER_LOG.c.content_hash != "")
                .order_by(LEDGER_LOG.c.log_seq.desc())
            )
            handed_over = hashes.first() or ""
    finally:
        database.close()
    if row is None:
        raise KithError(f"there is no message {message_id}", where="the ledger")
    message = PlannedMessage.from_row(row._asdict())
    composer = Composer(TemplateStore(settings), LinkSigner(settings.secret, settings.public_url))
    return Body(message, composer.render(message), handed_over)
