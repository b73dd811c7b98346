"""What the routers of a message's links share: read a token, find the message, land an event durably."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, HTTPException, Request

from activation.channels.contract import Status
from activation.contract import PlannedMessage
from activation.delivery.links import Link, LinkSigner, Purpose
from activation.delivery.message_events import event_line
from activation.delivery.message_lookup import find_message
from activation.delivery.receipt_events import event_name
from kith.clock import Clock
from kith.ids import stable_id
from kith.landing import LandingLog
from kith.state import StateDatabase
from kith.times import format_instant

_AGENT_LIMIT = 512


@dataclass(frozen=True)
class Tracker:
    """Safe between threads; one per process."""

    database: StateDatabase
    signer: LinkSigner
    log: LandingLog
    clock: Clock

    def read(self, purpose: Purpose, token: str) -> Link:
        """The link behind a token; 404 for whatever we did not sign for this purpose."""
        link = self.signer.read(purpose, token)
        if link is None:
            raise HTTPException(404, "no such link")
        return link

    def find(self, link: Link) -> PlannedMessage | None:
        """The message it belongs to; None if the ledger does not hold it (any more)."""
        return find_message(self.database, link.message_id)

    def land(
        self,
        event: str,
        message: PlannedMessage,
        request: Request,
        properties: Mapping[str, str] | None = None,
    ) -> None:
        """Land one event about the message. It is on the disk when this returns.

        Its id is made of what happened, so that a client that repeats a request at the same instant counts
        once.
        """
        now = self.clock.now()
        context = _context(request)
        told = [*context.values(), *(properties or {}).values()]
        event_id = stable_id(event, message.message_id, format_instant(now), *told)
        self.log.append([event_line(event_id, event, message, now, properties, context)])


def told(message: PlannedMessage, status: Status) -> str:
    """The event by which a channel tells of a status, whoever tells it: the vendor or a link of ours."""
    name = event_name(message.channel, status)
    if name is None:
        raise ValueError(f"no event tells of {status}")
    return name


def _context(request: Request) -> dict[str, str]:
    found = {
        "ip": request.client.host if request.client else "",
        "userAgent": request.headers.get("user-agent", "")[:_AGENT_LIMIT],
    }
    return {key: value for key, value in found.items() if value}


def _tracker(request: Request) -> Tracker:
    return request.app.state.tracker


Tracking = Annotated[Tracker, Depends(_tracker)]
