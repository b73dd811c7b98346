"""One-click unsubscribe (RFC 8058) and the page for those who follow the link by hand.

Mail scanners fetch every link of a mail: GET and HEAD change nothing. Only a POST that says
`List-Unsubscribe=One-Click` does, from a mail provider or from the page's own form.
"""

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse
from starlette.formparsers import MultiPartException

from activation.delivery.links import Purpose
from api.tracking import Tracking

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 18px/1.5 system-ui, sans-serif; max-width: 32rem; margin: 15vh auto; padding: 0 1rem }}
button {{ font: inherit; padding: .5rem 1.25rem }}
</style>
</head>
<body><main><h1>{title}</h1>{body}</main></body>
</html>
"""
_CONFIRM = _PAGE.format(
    title="Unsubscribe",
    body="""<p>You will get no more messages of this kind.</p>
<form method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click">
<button type="submit">Unsubscribe</button></form>""",
)
_DONE = _PAGE.format(
    title="You are unsubscribed", body="<p>Nothing more of this kind will be sent to you.</p>"
)
plugin = APIRouter(tags=["messages"])


@plugin.api_route("/u/{token}", methods=["GET", "HEAD"], response_class=HTMLResponse)
def confirm(token: str, tracking: Tracking) -> HTMLResponse:
    """The page that asks once more. Changes nothing."""
    tracking.read(Purpose.UNSUBSCRIBE, token)
    return HTMLResponse(_CONFIRM)


@plugin.post("/u/{token}", response_class=HTMLResponse)
async def unsubscribe(token: str, request: Request, tracking: Tracking) -> Response:
    """Withdraw consent for this message's purpose and channel. 200 once it is on the disk, never a
    redirect.
    """
    link = tracking.read(Purpose.UNSUBSCRIBE, token)
    if not await _says_one_click(request):
        raise HTTPException(400, "expected List-Unsubscribe=One-Click in the body")
    message = await run_in_threadpool(tracking.find, link)
    if message is None:
        raise HTTPException(404, "no such message")
    await run_in_threadpool(tracking.land, "Unsubscribed", message, request)
    return HTMLResponse(_DONE)


async def _says_one_click(request: Request) -> bool:
    """Form-encoded or multipart, as RFC 8058 lets providers choose."""
    try:
        async with request.form(max_files=0, max_fields=4, max_part_size=1024) as form:
            return form.getlist("List-Unsubscribe") == ["One-Click"]
    except (MultiPartException, HTTPException, ValueError):
        return False
