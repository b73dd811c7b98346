"""The open pixel: an image nobody sees, whose fetch is an `Email Opened`."""

import base64

from fastapi import APIRouter, Request, Response

from activation.channels.contract import Status
from activation.delivery.links import Purpose
from api.tracking import Tracking, told

_PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
plugin = APIRouter(tags=["messages"])


@plugin.api_route("/o/{token}.gif", methods=["GET", "HEAD"], response_class=Response)
def open_pixel(token: str, request: Request, tracking: Tracking) -> Response:
    """A transparent 1×1 GIF that is never cached."""
    message = tracking.find(tracking.read(Purpose.OPEN, token))
    if message is not None and request.method == "GET":
        tracking.land(told(message, Status.OPENED), message, request)
    return Response(_PIXEL, media_type="image/gif")
