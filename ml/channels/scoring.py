"""The channels open to everybody, by what a message is expected to bring net of its cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ml.channels.files import Artefact
from ml.channels.tables import CHANNEL_AFFINITY
from ml.contract import Lesson, Scores
from ml.outreach.circumstances import heard_before, silent_days_at
from ml.outreach.history import History, instant

if TYPE_CHECKING:
    import numpy as np


DIGITS = 6


def score_channels(artefact: Artefact, lesson: Lesson) -> Scores:
    """Everybody whom some channel may and can be used for. The score is the expected net value of a message by the
    best of them, in the currency of the definition; below zero it isn't worth its cost."""
    import numpy as np

    affinity, terms, moment = artefact.affinity, lesson.terms, instant(lesson.as_of)
    with History(lesson, terms.horizon, terms.purpose) as history:
        people, acts, messages = history.people(), history.acts(), history.messages()
        reachable = history.reachable(affinity.channels)
    messages = messages.take(np.isin(messages.channel, affinity.channels))
    answered = messages.answered_by(moment, np.timedelta64(terms.horizon))
    leanings = affinity.leanings(answered, len(people))
    whose = np.flatnonzero(reachable.any(axis=1))
    silent = silent_days_at(acts, len(people), moment)[whose]
    chances = np.empty((len(whose), len(affinity.channels)))
    for place, name in enumerate(affinity.channels):
        heard = heard_before(messages, name, whose, np.full(len(whose), moment))
        kind = np.full(len(whose), place)
        chances[:, place] = affinity.chances(leanings, whose, kind, silent, heard)
    evidence = np.zeros((len(people), len(affinity.channels)), np.int64)
    np.add.at(evidence, (answered.person, affinity.numbers(answered.channel)), 1)
    table, best = _table(
        artefact, people.profile_id[whose], reachable[whose], chances, evidence[whose], terms.currency
    )
    tables = {CHANNEL_AFFINITY.name: table}
    reasons = _reasons(artefact, chances, reachable[whose])
    return Scores(people.profile_id[whose], best, reasons, tables)


def _table(
    artefact: Artefact,
    profiles: np.ndarray,
    reachable: np.ndarray,
    chances: np.ndarray,
    evidence: np.ndarray,
    currency: str,
) -> tuple[pa.Table, np.ndarray]:
    """One row per person and channel open to them; and the best net value of each person."""
    import numpy as np

    affinity, economics = artefact.affinity, artefact.economics
    net = economics.net(chances).round(DIGITS)
    order = np.argsort(-np.where(reachable, net, -np.inf), axis=1, kind="stable")
    rank = np.argsort(order, axis=1, kind="stable") + 1
    row, place = np.nonzero(reachable)
    has_own = evidence.sum(axis=1) > 0
    basis = np.where(evidence[row, place] > 0, "own", np.where(has_own[row], "other_channels", "population"))
    columns: dict[str, Any] = {
        "profile_id": pa.array(profiles[row], pa.string()),
        "channel": pa.array(np.array(affinity.channels, dtype=object)[place], pa.string()),
        "probability": pa.array(chances[row, place].round(DIGITS)),
        "population_probability": pa.array(affinity.rates[place].round(DIGITS)),
        "expected_value": pa.array(net[row, place]),
        "cost": pa.array(economics.costs[place]),
        "currency": pa.repeat(currency, len(row)),
        "rank": pa.array(rank[row, place], pa.int64()),
        "basis": pa.array(basis.astype(object), pa.string()),
        "evidence_count": pa.array(evidence[row, place], pa.int64()),
    }
    return pa.table(columns), np.where(reachable, net, -np.inf).max(axis=1, initial=-np.inf)


def _reasons(artefact: Artefact, chances: np.ndarray, reachable: np.ndarray) -> list[str]:
    """The best channel's chance of a click beside everybody's, and what the difference is worth."""
    import numpy as np
    import orjson

    affinity, economics = artefact.affinity, artefact.economics
    best = np.where(reachable, economics.net(chances), -np.inf).argmax(axis=1)
    own, usual = chances[np.arange(len(best)), best], affinity.rates[best]
    worth = economics.value * (own - usual)
    return [
        orjson.dumps(
            [
                {
                    "feature": f"click_chance_{affinity.channels[place]}",
                    "value": round(mine, 4),
                    "median": round(theirs, 4),
                    "effect": round(more, 4),
                }
            ]
        ).decode()
        for place, mine, theirs, more in zip(
            best.tolist(), own.tolist(), usual.tolist(), worth.tolist(), strict=True
        )
    ]
