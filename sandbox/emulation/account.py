"""What took effect at a vendor: a file of JSON lines, written before the vendor answers, so that it may be asked later
what really happened."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson


class Account:
    """One vendor's rows: `kind` is what it keeps (message, contact, job), `key` its own name or the client's key."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / "effects.jsonl"
        self._refused = folder / "refused.jsonl"
        self._rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._last: dict[tuple[str, str], dict[str, Any]] = {}
        self._copies: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()
        for line in self._file.read_bytes().splitlines() if self._file.exists() else []:
            self._remember(orjson.loads(line))
        self._handle = open(self._file, "ab", buffering=0)  # noqa: SIM115 - open as long as the account is

    def write(self, kind: str, key: str, content: Mapping[str, Any]) -> int:
        """One thing took effect. Answers how often this kind and key has by now."""
        row = {"kind": kind, "key": key, **content}
        with self._lock:
            self._handle.write(orjson.dumps(row) + b"\n")
            self._remember(row)
            return self._copies[kind, key]

    def find(self, kind: str, key: str) -> dict[str, Any] | None:
        """The last row of that kind and key."""
        return self._last.get((kind, key))

    def rows(self, kind: str) -> list[dict[str, Any]]:
        """Every row of that kind, in the order written."""
        with self._lock:
            return list(self._rows[kind])

    def count(self, kind: str) -> int:
        """How many rows of that kind there are."""
        return len(self._rows[kind])

    def copies(self, kind: str) -> Counter[str]:
        """How often each key took effect."""
        return Counter(row["key"] for row in self.rows(kind))

    def refuse(self, why: str, path: str) -> None:
        """A request broke the rules."""
        with self._lock, open(self._refused, "ab") as file:
            file.write(orjson.dumps({"why": why, "path": path}) + b"\n")

    def refusals(self) -> list[str]:
        """Why requests were refused, in order."""
        if not self._refused.exists():
            return []
        return [orjson.loads(line)["why"] for line in self._refused.read_bytes().splitlines()]

    def close(self) -> None:
        self._handle.close()

    def _remember(self, row: dict[str, Any]) -> None:
        self._rows[row["kind"]].append(row)
        self._last[row["kind"], row["key"]] = row
        self._copies[row["kind"], row["key"]] += 1
