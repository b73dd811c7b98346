"""Simulated campaigns whose effects are known."""

from dataclasses import replace

import numpy as np

from ml.uplift.assignments import Assignments
from ml.uplift.pairs import Pairs

COLUMNS = ("days_since_last_visit", "keen", "is_email", "is_push", "channel_opened_rate", "noise")


def simulated(seed, count=4_000, people=1_500, effect=0.3, propensity=0.5, campaigns=20):
    """Rows over `campaigns` weeks, and the true effect of each: the keen order anyway, and a message moves who is
    not and opens what comes, twice as much by e-mail as by push. `effect` 0 is one that changes nothing."""
    chance = np.random.default_rng(seed)
    person = chance.integers(0, people, count)
    keenness = chance.beta(1.2, 3.0, people)
    opening = chance.beta(1.0, 1.0, people)
    is_email = chance.random(count) < 0.5
    treated = chance.random(count) < propensity
    keen = keenness[person]
    true = effect * (1 - keen) * opening[person] * np.where(is_email, 1.6, 0.8)
    outcome = (chance.random(count) < 0.6 * keen + treated * true).astype(float)
    week = np.sort(chance.integers(0, campaigns, count))
    values = np.column_stack(
        [
            chance.exponential(10, count),
            np.clip(keen + chance.normal(0, 0.05, count), 0, 1),
            is_email,
            ~is_email,
            np.clip(opening[person] + chance.normal(0, 0.1, count), 0, 1),
            chance.random(count),
        ]
    ).astype(float)
    values[chance.random(count) < 0.05, 0] = np.nan
    pairs = Pairs(
        profiles=np.array([f"p{each}" for each in person], object),
        experiments=np.array([f"campaign {each}" for each in week], object),
        channels=np.where(is_email, "email", "push").astype(object),
        assigned_at=np.datetime64("2026-01-05T07:00:00", "us") + week * np.timedelta64(7, "D"),
        is_treated=treated,
        propensity=np.full(count, float(propensity)),
        outcome=outcome,
        amount=outcome * chance.gamma(2, 20, count),
        delay_days=np.where(outcome > 0, chance.uniform(0, 6.9, count), np.nan),
        other_arm=np.where(chance.random(count) < 0.3, chance.integers(0, 2, count), np.nan),
        values=values,
        columns=COLUMNS,
    )
    return pairs, true


def changed(pairs, **columns):
    """The same rows with other columns."""
    return replace(pairs, **columns)


def with_feature(pairs, name, values):
    """The same rows with one feature more."""
    return replace(pairs, values=np.column_stack([pairs.values, values]), columns=(*pairs.columns, name))


def found(pairs):
    """The rows as they are read."""
    return Assignments(pairs, len(pairs), 0)
