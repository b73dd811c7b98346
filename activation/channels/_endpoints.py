"""Endpoints that other people name: a browser's subscription, a customer's address. They never lead into our own house.

The guard judges the IP address at the moment of connecting, so no name can resolve to something else in between.
"""

from typing import Literal
from urllib.parse import urlsplit

from activation.channels._calls import CallConnection, Conversation
from activation.channels._verdicts import Verdict
from activation.channels.contract import Answer, Refused, Request
from activation.http import Exchange, Fate, HttpClient, is_public

Reach = Literal["public", "any"]
LONGEST = 2_048


class EndpointConnection(CallConnection):
    """`forbidden`: what an endpoint in a private network, or one that is none, means for its message."""

    def __init__(
        self, conversation: Conversation, reach: Reach, forbidden: Verdict, at_once: int, timeout: float
    ) -> None:
        super().__init__(conversation, at_once=at_once, timeout=timeout)
        allows = is_public if reach == "public" else None
        self._client = HttpClient(at_once=at_once, timeout=timeout, allows=allows)
        self._forbidden = forbidden

    def _judge(self, request: Request, exchange: Exchange) -> Answer:
        if exchange.fate is Fate.NOT_SENT and exchange.problem in ("forbidden_address", "bad_request"):
            return self._forbidden.answer(request, exchange.problem)
        return super()._judge(request, exchange)


def checked_endpoint(url: str, reach: Reach, detail: str) -> str:
    """An address that a call may be made to: https (http where any place is allowed), a host, no login in it. Raises
    contract.Refused with `detail`."""
    try:
        place = urlsplit(url)
        schemes = ("https",) if reach == "public" else ("https", "http")
        is_fine = place.scheme in schemes and bool(place.hostname) and place.username is None
        is_fine = is_fine and (place.port is None or place.port > 0) and "#" not in url
    except ValueError:
        is_fine = False
    if not is_fine or not url.isascii() or not url.isprintable() or " " in url or len(url) > LONGEST:
        raise Refused(detail, "not an address that may be called")
    return url
