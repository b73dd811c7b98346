"""What an evaluation looked at, kept so that the next one of the same local day can tell who may have changed.

Of each profile one number: a hash over the attributes, scores, lists and consents that the definitions ask for.
Of the events that had taken effect, one number for all of them. It is a cache beside the lake, of the last
evaluation only: without it the next one is a full one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import md5
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from activation.segments.asked_attributes import lay_asked_attributes
from activation.segments.percentiles import find_thresholds
from activation.segments.terms import (
    AttributeTerm,
    ConsentTerm,
    ListTerm,
    ScoreTerm,
    Segment,
    Term,
    terms_of,
)
from activation.segments.world import World
from kith.lake import Home
from kith.times import format_instant, to_utc_naive
from kith.warehouse import literal, quote

FOLDER = "refresh"
FILE = "imprint"


@dataclass(frozen=True)
class Imprint:
    """`asked` names what was evaluated (segments with their bases), `thresholds` the percentiles of then, `events`
    those before `as_of`; `digests` are by position in the population of `commit`."""

    commit: str
    as_of: str
    asked: str
    thresholds: str
    events: str
    digests: NDArray[np.uint64]


def take_imprint(world: World, segments: Mapping[str, Segment], bases: Mapping[str, str]) -> Imprint:
    """Of what the segments look at in a world; the commit isn't known yet."""
    lay_asked_attributes(world, segments)
    terms = sorted({term for each in segments.values() for term in terms_of(each.tree)}, key=repr)
    asked = json.dumps([world.zone, {name: bases[name] for name in sorted(segments)}])
    thresholds = sorted(
        (repr(key), str(value)) for key, value in find_thresholds(world.warehouse, terms).items()
    )
    return Imprint(
        commit="",
        as_of=format_instant(world.as_of),
        asked=md5(asked.encode(), usedforsecurity=False).hexdigest(),
        thresholds=json.dumps(thresholds),
        events=sum_events(world, world.as_of),
        digests=_digests(world, terms),
    )


def sum_events(world: World, until: datetime) -> str:
    """The events before an instant as one number: of whom each is, when it took effect and when it was received.

    It is another one as soon as an import brings older rows, a copy takes another's place or people merge.
    """
    columns = world.warehouse.rows("SELECT column_name FROM (DESCRIBE memory.main.events)")
    known = {row["column_name"] for row in columns}
    row = ", ".join(
        each for each in ("profile_id", "effective_at", "received_at", "is_machine") if each in known
    )
    sql = f"""
        SELECT CONCAT_WS(' ', COUNT(*), SUM(HASH({row}))) FROM memory.main.events
        WHERE effective_at < CAST(? AS TIMESTAMP)
    """
    return str(world.warehouse.value(sql, [to_utc_naive(until)]))


def save_imprint(home: Home, imprint: Imprint) -> None:
    """Keep the imprint in place of the one before."""
    folder = home.root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    told = {**vars(imprint), "digests": len(imprint.digests)}
    fresh = folder / f".{FILE}"
    fresh.write_bytes(json.dumps(told).encode() + b"\n" + imprint.digests.tobytes())
    fresh.replace(folder / FILE)


def load_imprint(home: Home) -> Imprint | None:
    """The imprint of the last evaluation; None where it was thrown away, or can't be read."""
    try:
        head, _, data = imprint_file(home).read_bytes().partition(b"\n")
        told = json.loads(head)
        digests = np.frombuffer(data, np.uint64)
        return Imprint(**{**told, "digests": digests}) if len(digests) == told["digests"] else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def imprint_file(home: Home) -> Path:
    """Where it lies; it may be thrown away at any time."""
    return home.root / FOLDER / FILE


def _digests(world: World, terms: list[Term]) -> NDArray[np.uint64]:
    values = sorted(
        {f"profiles.{quote(each.attribute)}" for each in terms if isinstance(each, AttributeTerm)}
    )
    joins = ""
    for alias, relation, row, condition in _facts(terms):
        values.append(f"{alias}.digest")
        joins += f"""
            LEFT JOIN (SELECT profile_id, BIT_XOR(HASH({row})) AS digest FROM {relation}
                       WHERE {condition} GROUP BY profile_id) AS {alias} ON profiles.profile_id = {alias}.profile_id"""
    sql = f"SELECT HASH({', '.join(values or ['0'])}) AS digest FROM profiles {joins} ORDER BY profiles.profile_id"
    return world.warehouse.arrow(sql).column(0).to_numpy().astype(np.uint64)


def _facts(terms: list[Term]) -> list[tuple[str, str, str, str]]:
    """Relations about profiles that the terms ask for, with the part of them that they ask for."""
    models = {each.model for each in terms if isinstance(each, ScoreTerm)}
    lists = {each.name for each in terms if isinstance(each, ListTerm)}
    purposes = {each.purpose for each in terms if isinstance(each, ConsentTerm)}
    wanted = [
        ("scored", "scores_at", "model, score", "model", models),
        ("listed", "list_members", "list", "list", lists),
        ("consented", "consents_at", "purpose, channel, is_granted", "purpose", purposes),
    ]
    return [
        (alias, relation, row, f"{column} IN ({', '.join(literal(each) for each in sorted(names))})")
        for alias, relation, row, column, names in wanted
        if names
    ]
