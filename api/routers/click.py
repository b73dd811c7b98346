"""The tracked link: lands a click (`Email Link Clicked`, `SMS Link Clicked` …) and leads on to the signed address."""

import string
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from activation.channels.contract import Status
from activation.delivery.links import Purpose
from api.tracking import Tracking, told

_ASCII = string.ascii_letters + string.digits + string.punctuation
plugin = APIRouter(tags=["messages"])


@plugin.api_route("/c/{token}", methods=["GET", "HEAD"], response_class=Response, status_code=302)
def click(token: str, request: Request, tracking: Tracking) -> Response:
    """A redirect to the signed address, and to no other."""
    link = tracking.read(Purpose.CLICK, token)
    message = tracking.find(link)
    if message is not None and request.method == "GET":
        tracking.land(told(message, Status.CLICKED), message, request, {"url": link.target})
    return Response(status_code=302, headers={"Location": quote(link.target, safe=_ASCII)})
