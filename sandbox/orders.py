"""Orders come from the shop's server, and some are taken back later."""

from __future__ import annotations

from typing import Any

from sandbox.calendar import DAY_HOURS, HOUR_MS
from sandbox.catalogue import CURRENCY
from sandbox.lines import Client
from sandbox.story import AFTER, AFTER_DELAY, Story

SHOP = Client("shop")


def total(cart: list[dict[str, Any]]) -> float:
    """What a cart costs."""
    return round(sum(line["price"] * line["quantity"] for line in cart), 2)


def check_out(story: Story) -> None:
    """The order comes from the shop's server: under the user id, or a guest's cookie and e-mail."""
    story.step(60)
    order = {
        "order_id": f"o{story.hour.number - 480_000:06d}{story.hour.message_id()[:6]}",
        "total": total(story.cart),
        "revenue": total(story.cart),
        "currency": CURRENCY,
        "products": story.cart,
    }
    guest = story.user != story.visit.person
    client = Client("shop", story.client.anonymous_id) if guest else SHOP
    properties = {**order, "email": story.shop.people.identity.email[story.visit.person]} if guest else order
    user_id = None if guest else story.user_id
    body = {"event": "Order Completed", "properties": properties}
    story.hour.say(client, story.at, "track", user_id, body, context=story.context)
    _regret(story, client, user_id, order)


def _regret(story: Story, client: Client, user_id: str | None, order: dict[str, Any]) -> None:
    """Some orders are cancelled within a day, some refunded within three weeks, in whole or in part."""
    draw, delay = story.visit.draws[AFTER], story.visit.draws[AFTER_DELAY]
    if draw < 0.02:
        event, at, body = "Order Cancelled", story.at + int(delay * DAY_HOURS * HOUR_MS), order
    elif draw < 0.02 + story.shop.people.habits.refund_rate[story.visit.person]:
        lines = order["products"][: 1 if delay < 0.5 else None]
        event, at = "Order Refunded", story.at + int((2 + 19 * delay) * DAY_HOURS * HOUR_MS)
        body = {
            "order_id": order["order_id"],
            "total": total(lines),
            "currency": CURRENCY,
            "products": lines,
        }
    else:
        return
    story.hour.say(client, at, "track", user_id, {"event": event, "properties": body})
