"""Messages inside the app and on the page: what waits for a person, and what they did with it.

    GET  /inbox/in_app                     what waits; If-None-Match answers 304 as long as nothing is new
    POST /inbox/in_app/<message>/opened    delivered, opened, clicked or dismissed, each counted once

Both want `Authorization: Bearer <token>` (activation.inbox.tokens).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, HTTPException, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from activation.channels.contract import Status
from activation.contract import PlannedMessage
from activation.delivery.links import is_web_address
from activation.delivery.message_events import event_line
from activation.delivery.message_lookup import find_message
from activation.inbox import Deed, Inbox, InboxMessage
from api.inbox_access import CrossOriginRoute, Owner
from api.tracking import Tracker, Tracking, told
from kith.ids import stable_id
from kith.times import format_instant

ChannelName = Literal["in_app", "web_message"]
_STATUSES = {Deed.DELIVERED: Status.DELIVERED, Deed.OPENED: Status.OPENED, Deed.CLICKED: Status.CLICKED}
_DISMISSED = "Message Dismissed"
_NO_CONTENT = 204
plugin = APIRouter(tags=["inbox"], route_class=CrossOriginRoute)


class Click(BaseModel):
    """What a click leads to, where it leads anywhere."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(default="", max_length=4_096)


@plugin.options("/inbox/{rest:path}", include_in_schema=False)
def preflight(rest: str) -> Response:
    """A page asks whether it may ask; the route's headers say so."""
    return Response(status_code=_NO_CONTENT)


@plugin.get("/inbox/{channel}")
def waiting(
    channel: ChannelName,
    request: Request,
    owner: Owner,
    tracking: Tracking,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    unread: bool = True,
) -> Response:
    """What waits for the token's owner, the newest first: not expired, not dismissed and, unless `unread=false`, not
    opened."""
    found = Inbox(tracking.database).waiting(channel, owner, tracking.clock.now(), limit, unread)
    body = orjson.dumps({"messages": [_shown(each) for each in found]})
    headers = {"ETag": f'"{stable_id(body.decode())}"', "Cache-Control": "private, no-cache"}
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


@plugin.post("/inbox/{channel}/{message_id}/{deed}", status_code=_NO_CONTENT)
def note(
    channel: ChannelName,
    message_id: str,
    deed: Deed,
    owner: Owner,
    tracking: Tracking,
    click: Click | None = None,
) -> Response:
    """Note what became of a message: 204 the first time and every other, once it is on the disk; 404 for a message that
    isn't the owner's."""
    box = Inbox(tracking.database)
    shown = box.find(message_id, owner)
    if shown is None or shown.channel != channel:
        raise HTTPException(404, "no such message")
    if not box.has(message_id, deed):
        # Landed first: after a crash in between it is told again under the same id, which counts once.
        _land(tracking, message_id, deed, click.url if click and deed is Deed.CLICKED else "")
        box.note(message_id, owner, deed, tracking.clock.now())
    return Response(status_code=_NO_CONTENT)


def _land(tracking: Tracker, message_id: str, deed: Deed, url: str) -> None:
    message = find_message(tracking.database, message_id)
    if message is None:  # erased meanwhile: there is nobody to tell it of
        return
    properties = {"url": url} if url and is_web_address(url) else None
    event_id = stable_id("inbox", message_id, deed)
    line = event_line(event_id, _event(message, deed), message, tracking.clock.now(), properties)
    tracking.log.append([line])


def _event(message: PlannedMessage, deed: Deed) -> str:
    return told(message, _STATUSES[deed]) if deed in _STATUSES else _DISMISSED


def _shown(message: InboxMessage) -> dict[str, Any]:
    return {
        "id": message.message_id,
        "title": message.title,
        "text": message.text,
        "html": message.html,
        "locale": message.locale,
        "media": list(message.media),
        "actions": list(message.actions),
        "options": dict(message.options),
        "arrived_at": format_instant(message.arrived_at),
        "expires_at": None if message.expires_at is None else format_instant(message.expires_at),
        "opened_at": None if message.opened_at is None else format_instant(message.opened_at),
    }
