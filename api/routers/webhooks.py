"""Where vendors tell what became of messages, and what people wrote back: one address for each vendor's file.

A call is believed by its signature alone. What it says is on the disk before the vendor hears yes; what can't be read
is set aside with the reason, so one odd row costs none of the others.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool

from activation.channels.contract import BadSignature, ChannelPlugin, Inbound, Reading
from activation.delivery.receipts import ReceiptIntake
from kith.errors import KithError
from kith.log import get_logger
from kith.registry import plugin as find_plugin
from kith.registry import plugin_names

_LOG = get_logger(__name__)
_CHANNELS = "activation.channels"
plugin = APIRouter(tags=["messages"])


def _intake(request: Request) -> ReceiptIntake:
    return request.app.state.receipts


@plugin.api_route("/webhooks/{name}", methods=["GET", "POST"], response_class=Response)
async def receive(
    name: str, request: Request, intake: Annotated[ReceiptIntake, Depends(_intake)]
) -> Response:
    """Take one call: 200 once it is kept, 403 where the signature is wrong, 503 where it can't be checked now."""
    vendor = _vendor(name)
    body = await request.body()
    inbound = Inbound(
        request.method, _public_url(request, intake), _headers(request), body, intake.clock.now()
    )
    try:
        reading: Reading = await run_in_threadpool(intake.take, name, vendor, inbound)
    except BadSignature:
        _LOG.warning("a call with a wrong signature was refused", extra={"plugin": name})
        raise HTTPException(403, "the signature is wrong") from None
    except KithError as error:
        _LOG.error("a call could not be checked", extra={"plugin": name, "why": error.problem})
        raise HTTPException(503, "not set up") from None
    return Response(reading.reply, reading.status_code, media_type=reading.content_type)


def _vendor(name: str) -> ChannelPlugin:
    if name not in plugin_names(_CHANNELS):
        raise HTTPException(404, "no such vendor")
    found = find_plugin(_CHANNELS, name, ChannelPlugin)
    if found.read is None:
        raise HTTPException(404, "this vendor tells nothing")
    return found


def _public_url(request: Request, intake: ReceiptIntake) -> str:
    """The address as the vendor called and signed it, whatever stands between: path and query to the byte."""
    path = request.scope.get("raw_path") or request.url.path.encode()
    query = request.scope.get("query_string", b"")
    called = path.split(b"?")[0] + (b"?" + query if query else b"")
    return intake.settings.public_url.rstrip("/") + called.decode("latin-1")


def _headers(request: Request) -> dict[str, str]:
    """The first of each name, in lower case."""
    return {name.lower(): value for name, value in reversed(request.headers.items())}
