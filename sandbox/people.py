"""The people of the world: who they are, what they do by habit, how they answer. All hidden truth."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.random import Generator

from kith.ids import stable_id
from sandbox.calendar import DAY_HOURS, Calendar
from sandbox.catalogue import SHELVES
from sandbox.chance import generator, pick
from sandbox.names import FIRST, LAST, PLACES, email_address, phone_number
from sandbox.providers import PROVIDERS, WEIGHTS

CHANNELS = ("email", "sms", "push")


@dataclass(frozen=True)
class Identity:
    """Who people are, by index of person."""

    user_id: list[str]
    first_name: list[str]
    last_name: list[str]
    email: list[str]
    phone: list[str | None]
    birthday: list[date]
    city: list[str]
    place: np.ndarray = field(metadata={"of": "index into PLACES"})
    household: np.ndarray = field(metadata={"of": "number of the household, -1 alone"})


@dataclass(frozen=True)
class Habits:
    """What people do. Rates are per day; hours are UTC, counted since 1970."""

    born_hour: np.ndarray
    gone_hour: np.ndarray
    visit_rate: np.ndarray
    chronotype: np.ndarray
    zone_offset: np.ndarray
    weekend_factor: np.ndarray
    taste: np.ndarray
    price_sensitivity: np.ndarray
    buy_rate: np.ndarray
    register_rate: np.ndarray
    refund_rate: np.ndarray


@dataclass(frozen=True)
class Temper:
    """How people answer messages. Columns of two-dimensional fields are `CHANNELS`."""

    consents: np.ndarray
    refuses_tracking: np.ndarray
    open_rate: np.ndarray
    click_rate: np.ndarray
    uplift: np.ndarray
    fatigue: np.ndarray
    unsubscribe_rate: np.ndarray
    complaint_rate: np.ndarray
    reply_rate: np.ndarray
    revival_rate: np.ndarray
    patience_hours: np.ndarray
    mailbox_exists: np.ndarray
    mailbox_fails_later: np.ndarray


@dataclass(frozen=True)
class People:
    """Everybody, by index."""

    identity: Identity
    habits: Habits
    temper: Temper

    @property
    def count(self) -> int:
        return len(self.identity.user_id)


def make_people(seed: int, count: int, calendar: Calendar) -> People:
    """`count` people who come to the shop between its first hour and launch."""
    place = pick(generator(seed, "places").random(count), np.array([share for *_, share in PLACES]))
    return People(
        _make_identity(seed, count, place, calendar),
        _make_habits(generator(seed, "habits"), place, calendar),
        _make_temper(generator(seed, "temper"), count),
    )


def _make_identity(seed: int, count: int, place: np.ndarray, calendar: Calendar) -> Identity:
    chance = generator(seed, "identity")
    household = _households(chance, count)
    family = np.where(household >= 0, household, chance.integers(0, 1_000_000, count)) % len(LAST)
    first = [FIRST[index] for index in chance.integers(0, len(FIRST), count)]
    last = [LAST[index] for index in family]
    domains = [PROVIDERS[index].domain for index in pick(chance.random(count), np.array(WEIGHTS))]
    has_phone = chance.random(count) < 0.6
    youngest = calendar.launch.date() - timedelta(days=18 * 365)
    ages = chance.integers(0, 60 * 365, count)
    cities = chance.integers(0, 3, count)
    return Identity(
        user_id=[f"u{stable_id(str(seed), 'user', str(index))[:10]}" for index in range(count)],
        first_name=first,
        last_name=last,
        email=[email_address(first[i], last[i], i, domains[i]) for i in range(count)],
        phone=[phone_number(i) if has_phone[i] else None for i in range(count)],
        birthday=[youngest - timedelta(days=int(age)) for age in ages],
        city=[PLACES[place[i]][3][cities[i]] for i in range(count)],
        place=place,
        household=household,
    )


def _households(chance: Generator, count: int) -> np.ndarray:
    """A tenth of the people share a household of two to four with the people beside them."""
    household = np.full(count, -1)
    starts = np.flatnonzero(chance.random(count) < 0.035)
    sizes = chance.integers(2, 5, len(starts))
    for number, (start, size) in enumerate(zip(starts, sizes, strict=True)):
        household[start : start + size] = number
    return household


def _make_habits(chance: Generator, place: np.ndarray, calendar: Calendar) -> Habits:
    """Life with the shop is exponential and visits are a gamma mixture of Poisson processes, so that
    recency and frequency tell who is gone (the assumptions of the Pareto/NBD model)."""
    count = len(place)
    span = calendar.days * DAY_HOURS
    born = calendar.first_hour + (span * chance.random(count) ** 1.3).astype(np.int64)
    life_days = chance.exponential(chance.gamma(2.0, 38.0, count))
    zones = [_offset(calendar, zone) for zone, *_ in PLACES]
    return Habits(
        born_hour=born,
        gone_hour=born + 1 + (life_days * DAY_HOURS).astype(np.int64),
        visit_rate=0.02 + chance.gamma(0.9, 0.27, count),
        chronotype=pick(chance.random(count), np.array([0.3, 0.25, 0.45])),
        zone_offset=np.array(zones)[place],
        weekend_factor=chance.uniform(0.6, 1.6, count),
        taste=chance.dirichlet(np.full(len(SHELVES), 0.35), count).cumsum(axis=1),
        price_sensitivity=chance.beta(2.0, 2.0, count),
        buy_rate=chance.beta(1.8, 4.2, count),
        register_rate=chance.beta(1.5, 4.0, count),
        refund_rate=chance.beta(1.0, 18.0, count),
    )


def _offset(calendar: Calendar, zone: str) -> int:
    """Whole hours before UTC at launch; the world keeps them all year."""
    local = calendar.launch.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    return round((local - calendar.launch.replace(tzinfo=None)) / timedelta(hours=1))


def _make_temper(chance: Generator, count: int) -> Temper:
    preference = chance.dirichlet((1.6, 0.8, 0.9), count)
    base = np.array([0.55, 0.75, 0.40])
    return Temper(
        consents=chance.random((count, len(CHANNELS))) < np.array([0.72, 0.35, 0.45]),
        refuses_tracking=chance.random(count) < 0.12,
        open_rate=np.clip(base * (0.35 + 1.6 * preference), 0.03, 0.95),
        click_rate=np.clip(0.12 + 0.6 * preference * chance.uniform(0.4, 1.4, (count, 3)), 0.02, 0.85),
        uplift=np.round(chance.normal(1.1, 0.8, (count, 3)) * (0.4 + 1.6 * preference), 4),
        fatigue=chance.gamma(2.0, 0.12, count),
        unsubscribe_rate=chance.beta(1.0, 60.0, count),
        complaint_rate=chance.beta(0.5, 160.0, count),
        reply_rate=chance.beta(0.5, 70.0, count),
        revival_rate=np.clip(chance.normal(0.16, 0.14, count), 0.0, 0.6),
        patience_hours=chance.gamma(1.3, 5.0, count),
        mailbox_exists=chance.random(count) >= 0.02,
        mailbox_fails_later=chance.random(count) < 0.012,
    )


#: Share of a day's visits in each local hour, by chronotype: morning, evening, all day.
DAY_CURVES = np.array(
    [
        [0.2, 0.1, 0.1, 0.1, 0.3, 1, 3, 6, 8, 8, 7, 6, 6, 5, 4, 4, 4, 4, 4, 4, 3, 2, 1, 0.5],
        [1, 0.5, 0.2, 0.1, 0.1, 0.1, 0.3, 1, 2, 2, 3, 3, 4, 4, 4, 4, 5, 6, 8, 10, 11, 9, 6, 3],
        [0.5, 0.3, 0.2, 0.2, 0.3, 0.5, 1.5, 3, 4, 5, 6, 6, 6, 6, 5, 5, 5, 6, 6, 6, 5, 4, 3, 1],
    ]
)
DAY_CURVES /= DAY_CURVES.sum(axis=1, keepdims=True)
