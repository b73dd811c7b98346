"""The page that opens first stands at `/`, and Streamlit knows it by no other name: its own leads there."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route

from dashboards.page import Page
from kith.registry import plugins


def first_page_route() -> Route:
    """`/overview?figure=orders` → `/?figure=orders`."""
    pages = plugins("dashboards.pages", Page)
    first = min(pages, key=lambda name: pages[name].order)

    async def lead(request: Request) -> RedirectResponse:
        query = request.url.query
        return RedirectResponse(f"/?{query}" if query else "/", status_code=307)

    return Route(f"/{first}", lead, methods=["GET"])
