"""The form to sign in and out. Plain HTML: it works before anything of Streamlit is loaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from dashboards.sign_in.gate import SIGN_IN, SIGN_OUT
from dashboards.sign_in.visitors import COOKIE, Visitors
from kith.accounts.sessions import LONGEST

_FORMS = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
)
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
REFUSED = "That name and password don't fit. After several wrong tries an account waits for a while."
ELSEWHERE = "This form was sent from another page. Please sign in here."


def sign_in_routes(visitors: Callable[[], Visitors]) -> list[Route]:
    """GET and POST of /sign-in and /sign-out."""

    async def show(request: Request) -> Response:
        return _form("sign_in.html", next=_inside(request.query_params.get("next", "")), problem="", name="")

    async def sign_in(request: Request) -> Response:
        form = await request.form()
        name, password = str(form.get("name", "")), str(form.get("password", ""))
        wanted = _inside(str(form.get("next", "")))
        if not _is_ours(request):
            return _form("sign_in.html", 403, next=wanted, problem=ELSEWHERE, name=name)
        token = await run_in_threadpool(lambda: visitors().sign_in(name, password))
        if token is None:
            return _form("sign_in.html", 401, next=wanted, problem=REFUSED, name=name)
        answer = RedirectResponse(wanted, status_code=303, headers=_HEADERS)
        answer.set_cookie(
            COOKIE, token, max_age=int(LONGEST.total_seconds()), httponly=True, samesite="lax",
            secure=request.url.scheme == "https",
        )  # fmt: skip
        return answer

    async def show_sign_out(_request: Request) -> Response:
        return _form("sign_out.html")

    async def sign_out(request: Request) -> Response:
        if not _is_ours(request):
            return _form("sign_out.html", 403)
        token = request.cookies.get(COOKIE)
        await run_in_threadpool(lambda: visitors().sign_out(token))
        answer = RedirectResponse(SIGN_IN, status_code=303, headers=_HEADERS)
        answer.delete_cookie(COOKIE)
        return answer

    return [
        Route(SIGN_IN, show, methods=["GET"]),
        Route(SIGN_IN, sign_in, methods=["POST"]),
        Route(SIGN_OUT, show_sign_out, methods=["GET"]),
        Route(SIGN_OUT, sign_out, methods=["POST"]),
    ]


def _form(template: str, status: int = 200, **values: str) -> HTMLResponse:
    return HTMLResponse(_FORMS.get_template(template).render(**values), status_code=status, headers=_HEADERS)


def _inside(wanted: str) -> str:
    """Where to go on: a page of ours, never another host's (`//evil`, `/\\evil`, `https:…`)."""
    parts = urlsplit(wanted)
    plain = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable()
    return wanted if plain and not parts.scheme and not parts.netloc else "/"


def _is_ours(request: Request) -> bool:
    """Whether the form was shown by us: browsers name the page that a form came from."""
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")
