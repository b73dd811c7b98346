"""The gate: an ASGI middleware that lets through who is signed in, sends pages to the form, and closes the rest."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboards.sign_in.visitors import COOKIE, Visitors

SIGN_IN, SIGN_OUT = "/sign-in", "/sign-out"
#: What is answered to anybody: the form, and whether the server lives.
OPEN = frozenset({SIGN_IN, SIGN_OUT, "/_stcore/health"})
POLICY_VIOLATION = 1008


class Gate:
    """Asks `visitors` about every request and every socket but those to OPEN."""

    def __init__(self, app: ASGIApp, visitors: Callable[[], Visitors]) -> None:
        self._app, self._visitors = app, visitors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or scope["path"] in OPEN:
            await self._app(scope, receive, send)
            return
        token = HTTPConnection(scope).cookies.get(COOKIE)
        if await run_in_threadpool(self._is_known, token):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": "sign in first"})
        else:
            await _turn_away(scope)(scope, receive, send)

    def _is_known(self, token: str | None) -> bool:
        return self._visitors().visitor(token) is not None


def _turn_away(scope: Scope) -> RedirectResponse | PlainTextResponse:
    if scope["method"] == "GET" and "text/html" in Headers(scope=scope).get("accept", ""):
        query = scope["query_string"].decode("latin-1")
        wanted = scope["path"] + (f"?{query}" if query else "")
        told = "" if wanted == "/" else f"?{urlencode({'next': wanted})}"
        return RedirectResponse(SIGN_IN + told, status_code=303)
    return PlainTextResponse("sign in first", status_code=401)
