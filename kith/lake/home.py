"""KITH_HOME: where everything lies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Home:
    """The folders below KITH_HOME."""

    root: Path

    @property
    def landing(self) -> Path:
        return self.root / "landing"

    @property
    def quarantine(self) -> Path:
        return self.root / "quarantine"

    @property
    def held(self) -> Path:
        return self.root / "held"

    @property
    def lake(self) -> Path:
        return self.root / "lake"

    @property
    def staging(self) -> Path:
        """Unfinished commits; on the same file system as the lake, and outside every glob over it."""
        return self.root / ".staging"

    @property
    def spill(self) -> Path:
        """What connections couldn't hold in memory, while they are open."""
        return self.root / ".spill"

    @property
    def locks(self) -> Path:
        return self.root / ".locks"

    @property
    def published(self) -> Path:
        return self.root / "published"

    @property
    def hot(self) -> Path:
        """The tables of a run between two whole ones, while it is at work, and the instant that it looks from."""
        return self.root / "hot"

    @property
    def warehouse(self) -> Path:
        return self.root / "warehouse.duckdb"

    @property
    def mlflow(self) -> Path:
        return self.root / "mlflow"

    @property
    def dagster(self) -> Path:
        return self.root / "dagster"

    @property
    def replays(self) -> Path:
        """Throw-away warehouses of runs over the past."""
        return self.root / "replays"
