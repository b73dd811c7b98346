"""Winners of experiments: looked for at fixed instants, so that how often Kith runs changes none of them.

A look sees what had taken effect before it. A winner is in force from its look on; one that a run finds late, because
the rule is new or results were imported, from the run before it on: what journeys have passed is never revised.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from kith.lake import Home, commits
from kith.log import get_logger
from kith.run import Run
from kith.settings import Settings
from kith.times import to_utc_naive
from kith.warehouse import Warehouse
from measurement.contests import Contest, read_contests
from measurement.standings import read_standings
from measurement.state import replace_tables
from measurement.sums import Sums
from measurement.tables import EXPERIMENTS, WINNERS
from measurement.winner import Judgement, Rule, judge

_log = get_logger(__name__)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Key = tuple[str, str]


@dataclass(frozen=True)
class Decided:
    """What one run found: experiments looked at, and those that have a winner since."""

    experiment_count: int
    winner_count: int
    commit: str | None


@dataclass(frozen=True)
class _Look:
    """What an experiment looks like at one instant (microseconds since 1970)."""

    at: int
    arms: Mapping[str, Sums]
    is_time_up: bool


def decide_winners(settings: Settings, run: Run) -> Decided:
    """Judge every experiment at all looks before the run's `as_of`; commit where something is new.

    Comes before journeys: a winner of this run's looks is in force for what falls due in it.
    """
    with Warehouse(settings) as warehouse:
        warehouse.attach_lake("journeys")
        contests = read_contests(warehouse)
        if not contests:
            return Decided(0, 0, None)
        for table in ("profile_aliases", "events"):
            path = run.snapshot.table(table)
            warehouse.view(table, path / "**" / "*.parquet" if path.is_dir() else path)
        standings = read_standings(warehouse, contests, run.as_of).to_pylist()
    rules = {each.key: each for each in contests}  # the last version's rule holds
    kept = _kept(settings, run)
    winners, present = dict(kept), []
    for key, contest in rules.items():
        rows = [row for row in standings if (row["journey"], row["step_id"]) == key]
        looks = list(_looks(contest, rows, run.as_of))
        if key not in winners and (found := _first_winner(contest, looks)) is not None:
            winners[key] = _winner_row(contest, *found, run)
        present += _experiment_rows(contest, looks, winners.get(key), run.as_of)
    for key in winners.keys() - kept.keys():
        _log.info("the winner of %s, %s is %s", *key, winners[key]["label"])
    return Decided(
        len(rules), len(winners) - len(kept), _keep(settings, run, list(winners.values()), present)
    )


def _looks(contest: Contest, rows: Sequence[Mapping[str, Any]], as_of: datetime) -> Iterator[_Look]:
    """The looks at which anything was new, in order, and the one at which the time is up."""
    names = [name for name in contest.variants if name]
    arms, end = dict.fromkeys(names, Sums()), _micros(as_of)
    due = rows[0]["first_met_at"] + contest.decided_after if rows and contest.decided_after else None
    instants = sorted({row["look"] for row in rows} | ({due} if due is not None and due < end else set()))
    for instant in instants:
        for row in rows:
            if row["look"] == instant:
                fresh = Sums(row["people"], float(row["reached"]), float(row["reached"]))
                arms = {**arms, row["variant"]: arms[row["variant"]].merge(fresh)}
        yield _Look(instant, arms, due is not None and instant >= due)


def _first_winner(contest: Contest, looks: Sequence[_Look]) -> tuple[_Look, Judgement] | None:
    rule = Rule(alpha=contest.alpha, fewest=max(contest.fewest, 10))
    for look in looks:
        found = judge(look.arms, rule, is_time_up=look.is_time_up)
        if found.winner is not None:
            return look, found
    return None


def _winner_row(contest: Contest, look: _Look, found: Judgement, run: Run) -> dict[str, Any]:
    begun = run.previous_as_of
    decided_at = max(_instant(look.at), begun) if begun else _instant(look.at)
    return {
        "journey": contest.journey,
        "step_id": contest.step_id,
        "label": found.winner,
        "is_proved": found.is_proved,
        "chance": found.chance,
        "standing": json.dumps({name: [arm.count, arm.total] for name, arm in look.arms.items()}),
        "looked_at": to_utc_naive(_instant(look.at)),
        "decided_at": to_utc_naive(decided_at),
    }


def _experiment_rows(
    contest: Contest, looks: Sequence[_Look], winner: Mapping[str, Any] | None, as_of: datetime
) -> Iterator[dict[str, Any]]:
    arms = looks[-1].arms if looks else {name: Sums() for name in contest.variants if name}
    found = judge(arms, Rule(alpha=contest.alpha, fewest=max(contest.fewest, 10)))
    for number, (name, arm) in enumerate(arms.items(), 1):
        yield {
            "journey": contest.journey,
            "step_id": contest.step_id,
            "variant": name,
            "variant_number": number,
            "goal": contest.goal,
            "people_count": arm.count,
            "reached_count": int(arm.total),
            "rate": arm.mean if arm.count else None,
            "is_leader": bool(arm.count) and name == found.leader,
            "is_winner": winner is not None and winner["label"] == name,
            "is_proved": winner is not None and winner["label"] == name and bool(winner["is_proved"]),
            "decided_at": winner["decided_at"] if winner is not None else None,
            "as_of": to_utc_naive(as_of),
        }


def _kept(settings: Settings, run: Run) -> dict[Key, dict[str, Any]]:
    """The winners that this run may know of; the first word holds."""
    found: dict[Key, dict[str, Any]] = {}
    end = to_utc_naive(run.as_of)
    for each in commits(Home(settings.home), WINNERS.room):
        file = each.table(WINNERS.name)
        for row in pq.read_table(file).to_pylist() if file.exists() else []:
            if row["decided_at"] < end:
                found.setdefault((row["journey"], row["step_id"]), row)
    return found


def _keep(
    settings: Settings, run: Run, winners: list[dict[str, Any]], present: list[dict[str, Any]]
) -> str | None:
    tables = {
        WINNERS.name: pa.Table.from_pylist(winners, schema=WINNERS.schema),
        EXPERIMENTS.name: pa.Table.from_pylist(present, schema=EXPERIMENTS.schema),
    }
    return replace_tables(run.home(settings), WINNERS.room, tables, run.as_of)


def _micros(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(microseconds=1)


def _instant(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)
