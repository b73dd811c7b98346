"""Machines that browse: crawlers that say so, and some that look like a person but never tire."""

from __future__ import annotations

import orjson

from kith.ids import stable_id
from sandbox.calendar import DAY_HOURS, HOUR_MS, SECOND_MS
from sandbox.catalogue import Catalogue
from sandbox.chance import generator
from sandbox.lines import Client, Hour

CRAWLER = "Mozilla/5.0 (compatible; ShelfBot/3.0; +https://crawler.example/about)"
DISGUISE = "Mozilla/5.0 (X11; Linux x86_64) Chrome/141.0 Safari/537.36"
PEOPLE_PER_BOT = 350
CRAWLS_A_DAY = 0.35
LONGEST_CRAWL = 40


def crawl(seed: int, people: int, catalogue: Catalogue, hour: Hour) -> None:
    """Every bot that is at work in this hour walks through the shop at an even pace."""
    bots = people // PEOPLE_PER_BOT + 2
    chance = generator(seed, "bots", hour.number)
    for bot in (chance.random(bots) < CRAWLS_A_DAY / DAY_HOURS).nonzero()[0].tolist():
        start, length = chance.random(2).tolist()
        _walk(_client(seed, bot, hour.number), catalogue, hour, start, 8 + int(length * LONGEST_CRAWL), bot)


def bot_ids(seed: int, people: int, first_hour: int, end_hour: int) -> list[tuple[str, bool]]:
    """Every anonymous id that a bot may bear between two hours, and whether it is disguised. Hidden truth."""
    weeks = range(_week(first_hour), _week(end_hour) + 1)
    bots = range(people // PEOPLE_PER_BOT + 2)
    return [(_anonymous_id(seed, bot, week), _is_disguised(bot)) for bot in bots for week in weeks]


def _walk(client: Client, catalogue: Catalogue, hour: Hour, start: float, length: int, bot: int) -> None:
    at = hour.number * HOUR_MS + int(start * HOUR_MS)
    pace = (2 if not _is_disguised(bot) else 7) * SECOND_MS
    first = int(start * 1e6) % len(catalogue.products)
    for step in range(length):
        product = catalogue.products[(first + step) % len(catalogue.products)]
        page = orjson.dumps({"url": product["url"], "title": product["name"], "referrer": ""})
        event = {"event": "Product Viewed", "properties": product}
        hour.say(client, at + step * pace, "track", None, event, context=b',"page":' + page)


def _client(seed: int, bot: int, hour: int) -> Client:
    agent = DISGUISE if _is_disguised(bot) else CRAWLER
    context = {"ip": f"198.18.250.{bot % 250 + 1}", "userAgent": agent, "library": {"name": "analytics.js"}}
    return Client("web", _anonymous_id(seed, bot, _week(hour)), orjson.dumps(context)[:-1])


def _is_disguised(bot: int) -> bool:
    return bot % 5 == 0


def _week(hour: int) -> int:
    return hour // (7 * DAY_HOURS)


def _anonymous_id(seed: int, bot: int, week: int) -> str:
    """Crawlers drop their cookies every week."""
    return f"b-{stable_id(str(seed), 'bot', str(bot), str(week))[:16]}"
