"""Where the world stands between two hours: everything that changes, and nothing that doesn't."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from kith.durable import write_durably
from sandbox.lines import Arrival
from sandbox.people import CHANNELS

NO_RECORD, GRANTED, WITHDRAWN = 0, 1, 2
ARRAYS = ("registered_at", "user_of_device", "consent", "boost", "boost_until", "back_until", "heard")


@dataclass
class State:
    """`hour` is the next one to be lived. `due` and `pending` hold what was decided and hasn't come yet, by
    hour; `landed` and `flaws` count lines that arrived, by source and by what is wrong with them."""

    hour: int
    registered_at: np.ndarray
    user_of_device: np.ndarray
    consent: np.ndarray
    boost: np.ndarray
    boost_until: np.ndarray
    back_until: np.ndarray
    heard: np.ndarray
    due: dict[int, list[list[Any]]] = field(default_factory=dict)
    pending: dict[int, list[Arrival]] = field(default_factory=dict)
    landed: dict[str, int] = field(default_factory=dict)
    flaws: dict[str, int] = field(default_factory=dict)

    @classmethod
    def before(cls, hour: int, people: int, devices: int) -> State:
        """The state of a world in which nothing has happened."""
        channels = len(CHANNELS)
        return cls(
            hour=hour,
            registered_at=np.full(people, -1, np.int64),
            user_of_device=np.full(devices, -1, np.int64),
            consent=np.zeros((people, channels), np.int8),
            boost=np.zeros(people),
            boost_until=np.zeros(people, np.int64),
            back_until=np.zeros(people, np.int64),
            heard=np.zeros((people, channels)),
        )

    def remind(self, hour: int, *what: Any) -> None:
        """Put something off until an hour; an hour already lived means the next one."""
        self.due.setdefault(max(hour, self.hour), []).append(list(what))

    def save(self, folder: Path) -> None:
        """Written durably, as one file."""
        folder.mkdir(parents=True, exist_ok=True)
        document = {
            "hour": self.hour,
            "arrays": {name: getattr(self, name).tolist() for name in ARRAYS},
            "due": {str(hour): what for hour, what in self.due.items()},
            "pending": {
                str(hour): [(a.received, a.source, a.line.decode("latin-1"), a.flaw) for a in arrivals]
                for hour, arrivals in self.pending.items()
            },
            "landed": self.landed,
            "flaws": self.flaws,
        }
        write_durably(folder / "world.json", orjson.dumps(document))

    @classmethod
    def load(cls, folder: Path) -> State | None:
        """The saved state, or None where there is no world yet."""
        file = folder / "world.json"
        if not file.exists():
            return None
        document = orjson.loads(file.read_bytes())
        arrays = {name: np.array(document["arrays"][name]) for name in ARRAYS}
        pending = {
            int(hour): [
                Arrival(received, source, line.encode("latin-1"), flaw)
                for received, source, line, flaw in rows
            ]
            for hour, rows in document["pending"].items()
        }
        due = {int(hour): what for hour, what in document["due"].items()}
        return cls(
            document["hour"],
            **arrays,
            due=due,
            pending=pending,
            landed=document["landed"],
            flaws=document["flaws"],
        )
