"""What a vendor works with: its account, its clock, its secrets, its rates, and the calls it makes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from kith.clock import Clock
from kith.ids import stable_id
from sandbox.emulation.account import Account
from sandbox.emulation.contract import Callback
from sandbox.emulation.rates import Rates


@dataclass(frozen=True)
class Habit:
    """How the people behind a vendor are. `refuses` answers whether nobody is at an address (a number, a token),
    `is_away` whether its phone is off, so that messages wait; `took` hears of each message that took effect, as (vendor,
    row of its account)."""

    refuses: Callable[[str], bool] = lambda address: "unknown" in address
    is_away: Callable[[str], bool] = lambda address: False
    took: Callable[[str, dict[str, Any]], None] = lambda vendor, row: None


class Office:
    """One vendor's.

    `platform` is the public URL that call-backs go to where a request names none: the platform's own
    `<platform>/webhooks/<plugin>`.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        clock: Clock,
        habit: Habit,
        call_back: Callable[[Callback], None],
        platform: str,
    ) -> None:
        self.name, self.folder, self.habit = name, folder, habit
        self.account, self.rates = Account(folder), Rates()
        self.call_back = call_back
        self._clock, self._platform = clock, platform

    def now(self) -> datetime:
        """The world's time, aware UTC."""
        return self._clock.now()

    def webhook(self, plugin: str) -> str:
        """Where the platform listens for this vendor: `activation/channels/<plugin>.py`."""
        return f"{self._platform}/webhooks/{plugin}"

    def secret(self, name: str, length: int = 32) -> str:
        """A secret that the vendor and whoever reads its settings share; hex, the same each time."""
        told = stable_id("emulation", self.name, name)
        return (told * (length // len(told) + 1))[:length]

    def name_of(self, kind: str, *parts: str) -> str:
        """A name for the next thing of a kind (md5 hex), unlike every other; the same in each run of the same calls."""
        return stable_id(self.name, kind, str(self.account.count(kind)), *parts)

    def take(self, kind: str, key: str, content: dict[str, Any]) -> int:
        """Something took effect: written to the account, told to the people. Answers how often this key has."""
        copies = self.account.write(kind, key, content)
        if copies == 1:
            self.habit.took(self.name, {"kind": kind, "key": key, **content})
        return copies
