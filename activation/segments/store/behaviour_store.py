"""Reading rows of events out of the store, for one snapshot."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from activation.segments.columns.part import Part
from activation.segments.columns.population import Population, lay_positions
from activation.segments.columns.rows import Rows, Texts, distinct_of
from activation.segments.store.files import CODES, append_column, map_column, read_rows
from activation.segments.store.intake import PEOPLE
from activation.segments.store.manifest import Manifest, PropertyPath, StoredEvent, StoredProperty
from activation.segments.store.upkeep import TEXTS, Upkeep
from activation.segments.world import World
from kith.durable import exclusive
from kith.lake import Home

FOLDER = "behaviour"
NOBODY = -1


@dataclass(frozen=True)
class Mapped:
    """The columns of an event as they lie on the disk, whatever becomes of their files."""

    people: NDArray[np.int32]
    moments: NDArray[np.int64]
    texts: Mapping[PropertyPath, Texts]


@dataclass
class BehaviourStore:
    """The rows of some events. `places` leads from a person's code to the position of the profile."""

    world: World
    events: Mapping[str, Mapped]
    places: NDArray[np.int32]
    _local: tuple[Part, NDArray[np.int32]] | None = None

    def rows(self, event: str, part: Part) -> Rows:
        """All rows of an event that are of somebody in the part."""
        mapped = self.events[event]
        return Rows(self._table(part)[mapped.people], mapped.moments, mapped.texts).known()

    def _table(self, part: Part) -> NDArray[np.int32]:
        """The place in the part by a person's code."""
        if self._local is None or self._local[0] is not part:
            self._local = part, part.local(self.places)
        return self._local[1]


def store_folder(home: Home) -> Path:
    """Where a home keeps its store. It may be thrown away while nothing runs."""
    return home.root / FOLDER


def open_store(
    population: Population, events: Collection[str], wanted: Collection[tuple[str, PropertyPath]]
) -> BehaviourStore | None:
    """The store with these events and properties, brought up to the world's snapshot.

    None where the snapshot can't be told from identifiers, is a replay's, or is older than what the store holds.
    """
    world = population.world
    home, snapshot = world.home, world.snapshot
    if "identities" not in snapshot.tables() or snapshot.path.parent != home.published:
        return None
    folder = store_folder(home)
    with exclusive(home.locks / FOLDER):
        manifest = Upkeep(folder, world).bring_up(events, wanted)
        if manifest is None:
            return None
        mapped = {event: _map(folder, manifest.events[event]) for event in events}
        return BehaviourStore(world, mapped, _places(population, folder, manifest))


def _map(folder: Path, stored: StoredEvent) -> Mapped:
    own = folder / stored.folder
    people = map_column(own / "people", np.dtype(np.int32), stored.rows)
    moments = map_column(own / "moments", np.dtype(np.int64), stored.rows)
    return Mapped(people, moments, {each.path: _texts(own, each, stored.rows) for each in stored.properties})


def _texts(folder: Path, stored: StoredProperty, rows: int) -> Texts:
    codes = map_column(folder / stored.file, CODES[stored.width], rows)
    known = read_rows(folder, stored.texts, TEXTS)
    return Texts(codes, distinct_of(known["text"].combine_chunks(), known["amount"].to_numpy()))


def _places(population: Population, folder: Path, manifest: Manifest) -> NDArray[np.int32]:
    """From people to positions, as the snapshot's identities tell: the user's profile, else the device's.

    Kept for the snapshot, as long as no person is added.
    """
    file = folder / f"places-{manifest.run_id}-{manifest.person_count}-{population.size}"
    if not file.exists():
        for old in folder.glob("places-*"):
            old.unlink()
        append_column(file.with_suffix(".new"), 0, _joined(population, folder, manifest))
        file.with_suffix(".new").replace(file)
    return map_column(file, np.dtype(np.int32), manifest.person_count)


def _joined(population: Population, folder: Path, manifest: Manifest) -> NDArray[np.int32]:
    warehouse = population.world.warehouse
    lay_positions(population.world, population.ids)
    people = read_rows(folder, manifest.people, PEOPLE)
    codes = np.arange(len(people), dtype=np.int32)
    warehouse.connection.register("stored_people", people.append_column("code", [codes]))
    rows = warehouse.arrow(
        """
        SELECT stored_people.code, positions.position
        FROM stored_people
        LEFT JOIN identities AS by_user
            ON by_user.identifier_type = 'user_id' AND stored_people.user_id = by_user.identifier_value
        LEFT JOIN identities AS by_device
            ON by_device.identifier_type = 'anonymous_id'
            AND stored_people.anonymous_id = by_device.identifier_value
        INNER JOIN positions ON COALESCE(by_user.profile_id, by_device.profile_id) = positions.profile_id
        """
    )
    warehouse.connection.unregister("stored_people")
    places = np.full(len(people), NOBODY, np.int32)
    places[rows["code"].to_numpy()] = rows["position"].to_numpy()
    return places
