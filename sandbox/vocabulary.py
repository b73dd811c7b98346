"""What a trade calls the acts of its customers. People, devices and their rates are the same in all; a shop says
`Product Added` where a media house says `Content Completed`.

    look:                       # arrive, look (once a product), want (what fills a cart), buy
      - {event: Content Viewed, properties: {content_id: $product_id}}
    buy:
      - {event: Subscription Renewed, after: 14d, share: 0 to 0.75, properties: {renews_on: $day + 28d}}

A value that begins with $ is a fact of the visit: a field of the product, `$deal` (an id of what was agreed), `$device`,
`$day`, each with what stands behind it (`$day + 14d`, `$deal-5`). `share` is the span of a visit's draw in which the act
takes place, so that acts of one visit exclude each other or go together. `after` puts the act off.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from kith.errors import KithError
from kith.ids import stable_id
from kith.times import parse_duration
from sandbox.calendar import HOUR_MS, SECOND_MS, from_ms
from sandbox.devices import KINDS
from sandbox.lines import Client, Hour
from sandbox.registration import change_mind, introduce
from sandbox.story import TRADE, Shop, Story

COMMERCE = "commerce"
FOLDER = Path(__file__).with_name("vocabularies")
_FACT = re.compile(r"^\$([a-z_]+)(.*)$")
_LATER = re.compile(r"^ \+ (\d+)d$")


class Act(BaseModel):
    """One event that an act is told by."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    event: str
    properties: dict[str, str] = {}
    after: timedelta = timedelta(0)
    share: tuple[float, float] = (0.0, 1.0)

    @field_validator("after", mode="before")
    @classmethod
    def _duration(cls, told: Any) -> Any:
        return parse_duration(told) if isinstance(told, str) else told

    @field_validator("share", mode="before")
    @classmethod
    def _span(cls, told: Any) -> Any:
        return tuple(float(each) for each in told.split(" to ")) if isinstance(told, str) else told


class Vocabulary(BaseModel):
    """The acts of a visit, each with the events that tell it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    description: str
    arrive: tuple[Act, ...] = ()
    look: tuple[Act, ...] = ()
    want: tuple[Act, ...] = ()
    buy: tuple[Act, ...] = ()

    @property
    def events(self) -> frozenset[str]:
        return frozenset(act.event for acts in (self.arrive, self.look, self.want, self.buy) for act in acts)


def vocabularies() -> tuple[str, ...]:
    """Their names; the shop's own comes first."""
    return (COMMERCE, *sorted(path.stem for path in FOLDER.glob("*.yml")))


@cache
def load_vocabulary(name: str) -> Vocabulary | None:
    """None for the shop's own words, which are told call by call (sandbox/shopping.py)."""
    import yaml

    if name == COMMERCE:
        return None
    path = FOLDER / f"{name}.yml"
    if not path.is_file():
        raise KithError(f"there is no vocabulary {name}", expected="one of " + ", ".join(vocabularies()))
    try:
        return Vocabulary.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        raise KithError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}", where=str(path)) from None


def tell_in(vocabulary: Vocabulary, story: Story) -> None:
    """One visit in the words of a trade; who logs in, registers and agrees does so as in the shop."""
    products = [story.shop.catalogue.products[index] for index in story.visit.products]
    _act(vocabulary.arrive, story, products[0])
    story.step(12)
    for product in products:
        story.step(25)
        _act(vocabulary.look, story, product)
    if story.visit.adds:
        story.step(300)
        _act(vocabulary.want, story, products[0])
    introduce(story)
    if story.visit.buys:
        story.step(60)
        _act(vocabulary.buy, story, products[0])
    change_mind(story)


def say_later(
    shop: Shop, hour: Hour, person: int, device: int, at: int, event: str, said: dict[str, Any]
) -> None:
    """What was put off happens; the trade's own servers tell it, of a customer whose id they know."""
    devices = shop.devices
    client = Client(KINDS[devices.kind[device]][1], devices.anonymous_id[device], devices.context[device])
    user = shop.people.identity.user_id[person] if person >= 0 else None
    hour.say(client, at, "track", user, {"event": event, "properties": said})


def _act(acts: tuple[Act, ...], story: Story, product: Mapping[str, Any]) -> None:
    draw = story.visit.draws[TRADE]
    for act in acts:
        if not act.share[0] <= draw < act.share[1]:
            continue
        said = {name: _value(told, story, product) for name, told in act.properties.items()}
        if not act.after:
            story.track(act.event, said)
            continue
        at = story.at + int(act.after.total_seconds()) * SECOND_MS
        story.state.remind(at // HOUR_MS, "say", story.user, story.visit.device, at, act.event, said)


def _value(told: str, story: Story, product: Mapping[str, Any]) -> Any:
    found = _FACT.match(told)
    if found is None:
        return told
    name, rest = found.groups()
    if name == "day":
        days = _LATER.match(rest)
        return (from_ms(story.at) + timedelta(days=int(days[1]) if days else 0)).date().isoformat()
    facts = {**product, "deal": _deal(story), "device": story.client.anonymous_id}
    if name not in facts:
        raise KithError(f"${name} is no fact of a visit", expected=", ".join(["day", *facts]))
    return f"{facts[name]}{rest}" if rest else facts[name]


def _deal(story: Story) -> str:
    """One id for a visit, whoever asks."""
    return f"d{stable_id('deal', str(story.visit.start), str(story.visit.device))[:12]}"


__all__ = ["COMMERCE", "Vocabulary", "load_vocabulary", "say_later", "tell_in", "vocabularies"]
