"""Who asks for an inbox, and from which pages one may ask."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.datastructures import MutableHeaders

from activation.inbox.tokens import InboxKey
from api.tracking import Tracking
from kith.settings import Section, read_section

_HOUR = "3600"


class InboxSettings(Section, prefix="KITH_INBOX_"):
    """`origins`: the pages that may ask for messages, separated by spaces (https://shop.example). Apps need none."""

    origins: str = ""

    def allows(self, origin: str) -> bool:
        return bool(origin) and origin in self.origins.split()


class CrossOriginRoute(APIRoute):
    """Answers of every status say which page may read them: an error that a page can't read helps nobody."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def answer_page(request: Request) -> Response:
            try:
                response = await answer(request)
            except HTTPException as error:
                response = JSONResponse({"detail": error.detail}, error.status_code, error.headers)
            _open_to(request.headers.get("origin", ""), response.headers)
            return response

        return answer_page


def _open_to(origin: str, headers: MutableHeaders) -> None:
    """No cookie is ever taken, so no credentials are allowed along."""
    headers["Vary"] = "Origin, Authorization"
    if read_section(InboxSettings).allows(origin):
        headers["Access-Control-Allow-Origin"] = origin
        headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, If-None-Match"
        headers["Access-Control-Allow-Methods"] = "GET, POST"
        headers["Access-Control-Expose-Headers"] = "ETag"
        headers["Access-Control-Max-Age"] = _HOUR


def _owner(request: Request, tracking: Tracking) -> str:
    """The user id that the bearer's token names; 401 for whatever opens no inbox."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    owner = None
    if scheme.lower() == "bearer":
        owner = InboxKey(tracking.signer.secret).owner(token.strip(), tracking.clock.now())
    if owner is None:
        raise HTTPException(401, "no token that opens an inbox", {"WWW-Authenticate": "Bearer"})
    return owner


Owner = Annotated[str, Depends(_owner)]
