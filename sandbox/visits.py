"""Who comes to the shop in an hour, with which device, and how far each visit goes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from sandbox.calendar import DAY_HOURS, HOUR_MS, weekday
from sandbox.catalogue import Catalogue
from sandbox.devices import Devices
from sandbox.people import DAY_CURVES, Habits, People
from sandbox.state import State

MOST_VIEWS = 6
BOOST_HOURS = 5 * DAY_HOURS
REVIVAL_HOURS = 12 * DAY_HOURS


class Visit(NamedTuple):
    """One visit. `start` in ms; `draws` are the uniforms left for the telling; `campaign` names the message
    that led here, `channel` its channel."""

    person: int
    device: int
    start: int
    products: list[int]
    adds: bool
    buys: bool
    draws: list[float]
    campaign: str | None = None
    channel: str | None = None


class Invitation(NamedTuple):
    """A click on a message that leads to a visit at `start` (ms)."""

    person: int
    start: int
    campaign: str
    channel: str


def expected_visits(habits: Habits, state: State, hour: int) -> np.ndarray:
    """Visits of each person in this hour."""
    here = (habits.born_hour <= hour) & ((hour < habits.gone_hour) | (hour < state.back_until))
    local = (hour + habits.zone_offset) % DAY_HOURS
    rate = habits.visit_rate * DAY_CURVES[habits.chronotype, local]
    rate = rate * (habits.weekend_factor if weekday(hour) >= 5 else 1.0)
    return np.where(here, rate * _pull(state, hour), 0.0)


def _pull(state: State, hour: int) -> np.ndarray:
    """How a message that was read multiplies visits while its effect lasts."""
    back = np.where(hour < state.back_until, 1.5, 1.0)
    return back * np.where(hour < state.boost_until, np.maximum(1.0 + state.boost, 0.2), 1.0)


def visits_of(
    chance: Generator,
    hour: int,
    people: People,
    devices: Devices,
    catalogue: Catalogue,
    state: State,
    invitations: list[Invitation],
) -> list[Visit]:
    """All visits that begin in this hour, in order of their beginning."""
    came = np.flatnonzero(chance.random(people.count) < expected_visits(people.habits, state, hour))
    person = np.concatenate([came, np.array([i.person for i in invitations], np.int64)])
    if not len(person):
        return []
    draws = chance.random((len(person), 22))
    start = hour * HOUR_MS + (draws[:, 0] * HOUR_MS).astype(np.int64)
    start[len(came) :] = [invitation.start for invitation in invitations]
    device = _devices(devices, person, draws)
    products = _products(chance, people.habits, catalogue, person, draws[:, 3])
    adds, buys = _intents(people.habits, state, catalogue, person, products, draws, hour)
    leads = [(None, None)] * len(came) + [(i.campaign, i.channel) for i in invitations]
    order = np.argsort(start, kind="stable").tolist()
    whose, devices_of, starts, adds_of, buys_of, draws_of = (
        column.tolist() for column in (person, device, start, adds, buys, draws)
    )
    return [
        Visit(whose[v], devices_of[v], starts[v], products[v], adds_of[v], buys_of[v], draws_of[v], *leads[v])
        for v in order
    ]


def _devices(devices: Devices, person: np.ndarray, draws: np.ndarray) -> np.ndarray:
    own = devices.first[person] + (draws[:, 1] ** 2 * devices.own[person]).astype(np.int64)
    shared = devices.shared[person]
    return np.where((shared >= 0) & (draws[:, 2] < 0.35), shared, own)


def _products(
    chance: Generator, habits: Habits, catalogue: Catalogue, person: np.ndarray, uniform: np.ndarray
) -> list[list[int]]:
    """What each visit looks at: one to `MOST_VIEWS` products, mostly of the categories the person likes."""
    views = 1 + (np.log1p(-uniform) / np.log(0.52)).astype(np.int64) % MOST_VIEWS
    whose = np.repeat(person, views)
    taste = (habits.taste[whose] <= chance.random(len(whose))[:, None]).sum(axis=1)
    taste = np.minimum(taste, catalogue.category_count - 1)
    chosen = catalogue.choose(taste, chance.random(len(whose)))
    return [part.tolist() for part in np.split(chosen, np.cumsum(views)[:-1])]


def _intents(
    habits: Habits, state: State, catalogue: Catalogue, person: np.ndarray, products: list[list[int]],
    draws: np.ndarray, hour: int,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Whether something goes into the cart, and whether it is bought."""
    boosted = np.where(
        hour < state.boost_until[person], np.maximum(1.0 + 0.35 * state.boost[person], 0.4), 1.0
    )
    price = catalogue.prices[[viewed[0] for viewed in products]]
    likely_adds, likely_buys = intent_rates(habits, person, boosted, price)
    adds = draws[:, 5] < likely_adds
    return adds, adds & (draws[:, 6] < likely_buys)


def intent_rates(
    habits: Habits, person: np.ndarray, boosted: np.ndarray, price: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """How likely a visit fills the cart, and a filled cart is bought; `boosted` is the factor of a message
    that was read, `price` that of the first product viewed."""
    warmth = habits.buy_rate[person]
    deterred = habits.price_sensitivity[person] * np.minimum(price / 120.0, 0.8)
    adds = np.minimum((0.15 + 0.75 * warmth) * boosted, 0.95)
    return adds, np.clip((0.25 + 0.9 * warmth) * (1.0 - deterred) * boosted, 0.0, 0.92)
