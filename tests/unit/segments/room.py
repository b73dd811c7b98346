"""Evaluations one after the other in one home, and what they leave."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import yaml

from activation.segments.evaluation import Evaluation, evaluate
from activation.segments.membership.reading import present_state, read_members
from kith.lake import Home, commits, latest_commit
from kith.run import Run
from kith.settings import Settings
from tests.unit.segments.world import Person, begin, define, publish


class Room:
    """Runs one evaluation after the other."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings, self.folder, self.home = settings, folder, Home(settings.home)
        self.told = settings

    def evaluate(
        self, as_of: datetime, people: list[Person], bodies: dict[str, Any],
        kept: Mapping[str, Mapping[str, Any]] | None = None, **more: Any,
    ) -> Evaluation:  # fmt: skip
        """`kept` adds keys beside `who` to definitions: `evaluate`, `guard`."""
        run = self.begin(as_of, people, bodies, kept, **more)
        found = evaluate(self.told, run)
        publish(self.told, run)
        return found

    def begin(
        self, as_of: datetime, people: list[Person], bodies: dict[str, Any],
        kept: Mapping[str, Mapping[str, Any]] | None = None, **more: Any,
    ) -> Run:  # fmt: skip
        """A run of which nothing is evaluated yet."""
        self.told = define(self.folder, self.settings, **bodies)
        for name, keys in (kept or {}).items():
            file = self.folder / "definitions" / "segments" / f"{name}.yml"
            file.write_text(file.read_text() + yaml.safe_dump(dict(keys)))
        return begin(self.told, as_of, people, **more)

    def table(self, name: str) -> list[dict[str, Any]]:
        latest = latest_commit(self.home, "segments")
        assert latest is not None
        return pq.read_table(latest.table(name)).to_pylist()

    def all_history(self, aliases: Mapping[str, str] | None = None) -> list[tuple[str, str, str]]:
        """(segment, profile under its present id, change) of every commit in order."""
        led = aliases or {}
        return [
            (row["segment"], led.get(row["profile_id"], row["profile_id"]), row["change"])
            for each in commits(self.home, "segments")
            for row in pq.read_table(each.table("history")).to_pylist()
        ]

    def members(self) -> list[tuple[str, str]]:
        """(segment, profile) of everybody in force."""
        return [(row["segment"], row["profile_id"]) for row in self.member_rows()]

    def member_rows(self) -> list[dict[str, Any]]:
        state = present_state(self.settings)
        return [row for name in sorted(state.standings) for row in read_members(state, name).to_pylist()]

    def history(self) -> list[tuple[str, str, str]]:
        return [(row["profile_id"], row["change"], row["reason"]) for row in self.table("history")]
