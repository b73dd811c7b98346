"""Another channel for whom nobody is there on this one: the first that they have an address for and a consent."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from activation.contract import Outcome, PlannedMessage
from activation.delivery.address_faults import AddressFault
from activation.delivery.composition import Composer, Draft
from activation.delivery.consent_events import Learned
from activation.delivery.facts import LedgerFacts
from activation.delivery.message_events import moved_event_id
from activation.delivery.projections import apply_all
from activation.delivery.settlement import Claimed, Settled
from activation.delivery.vendors import channels
from activation.gates import Permission, judge_send
from activation.routing.contract import NextChannel, Trail
from kith.times import format_instant


def next_channel(
    connection: Connection,
    composer: Composer,
    item: Claimed,
    settled: Settled,
    step: NextChannel,
    now: datetime,
) -> Settled:
    """The message on its next channel, pending; `settled` as it is where no other can be taken.

    Only what is certainly not sent may move: a message in doubt stays with its vendor.
    """
    if settled.is_uncertain or settled.outcome is Outcome.ACCEPTED:
        return settled
    for channel in step.channels:
        moved = ready_on(connection, composer, item.message, channel, now)
        if moved is not None:
            trail = _leave(connection, item.message, step.trail, settled.suppress_after, now)
            return replace(
                settled,
                outcome=Outcome.PENDING,
                due_at=now,
                channel=channel,
                address=moved.address,
                trail=trail,
                suppress_after=0,
            )
    return settled


def _leave(
    connection: Connection, message: PlannedMessage, trail: Trail, suppress_after: int, now: datetime
) -> Trail:
    """The address that nobody is behind any more (a removed app) keeps its fault, though the message goes on. It counts
    at once; the exporter lands it as an event of the same name when the message ends."""
    if not suppress_after:
        return trail
    event_id = moved_event_id(message.message_id, message.channel)
    told = (message.channel, message.address, message.message_id, "hard_bounce", suppress_after, now)
    apply_all(connection, [Learned(event_id, fault=AddressFault(event_id, *told))])
    dead = (message.channel, message.address, suppress_after, format_instant(now))
    return replace(trail, dead=(*trail.dead, dead))


def ready_on(
    connection: Connection, composer: Composer, message: PlannedMessage, channel: str, now: datetime
) -> PlannedMessage | None:
    """The message on another channel, where its person has an address and gave consent, and the template has words."""
    moved = _moved(message, channel)
    return moved if moved is not None and _may_go(connection, composer, moved, now) else None


def _moved(message: PlannedMessage, channel: str) -> PlannedMessage | None:
    """The same message with the person's address on that channel; None where there is none."""
    vendors = channels().get(channel)
    if not vendors:
        return None
    kind = next(iter(vendors.values())).address_type
    address = next((value for known, value in message.identifiers if known == kind), "")
    return replace(message, channel=channel, address=address) if address else None


def _may_go(connection: Connection, composer: Composer, message: PlannedMessage, now: datetime) -> bool:
    """Asked again when it leaves; here it keeps a message from ending where it could not go on."""
    verdict = judge_send(message, LedgerFacts(connection, [message]), now)
    if not isinstance(verdict, Permission):
        return False
    capabilities = next(iter(channels()[message.channel].values())).capabilities
    return isinstance(composer.compose(message, capabilities), Draft)
