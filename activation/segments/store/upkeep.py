"""Keeping the store: appending what took effect since, and reading anew what the snapshot tells otherwise."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from activation.segments.columns.comparing import microseconds
from activation.segments.columns.rows import amounts_of
from activation.segments.store.files import (
    CODES,
    append_column,
    code_width,
    map_column,
    read_rows,
    write_rows,
)
from activation.segments.store.intake import (
    PEOPLE,
    Arrived,
    Told,
    check_events,
    meet_people,
    read_arrivals,
)
from activation.segments.store.manifest import (
    Manifest,
    PropertyPath,
    StoredEvent,
    StoredProperty,
    read_manifest,
    write_manifest,
)
from activation.segments.world import World
from kith.log import get_logger

log = get_logger(__name__)

EARLIEST = -62_135_596_800_000_000
MOST_PARTS = 16
TEXTS = pa.schema([("text", pa.string()), ("amount", pa.int64())])
Wanted = Collection[tuple[str, PropertyPath]]


@dataclass
class Upkeep:
    """Brings the store in `folder` up to the snapshot of a world. The caller holds its lock."""

    folder: Path
    world: World

    def bring_up(self, events: Collection[str], wanted: Wanted) -> Manifest | None:
        """The store with these events and properties, as the snapshot tells them; None if it is past the snapshot."""
        run_id, as_of = self.world.snapshot.run_id, microseconds(self.world.snapshot.as_of)
        found = read_manifest(self.folder)
        if found is None:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(parents=True)
        manifest = found or Manifest(run_id, as_of)
        if manifest.as_of > as_of:
            return None
        paths = _paths(manifest, events, wanted)
        asked = [name for name in paths if not _holds(manifest, name, paths[name])]
        if manifest.run_id == run_id and not asked:
            return manifest
        if manifest.run_id == run_id:
            paths = {name: paths[name] for name in asked}
        told = check_events(self.world, paths.keys(), (manifest.as_of, as_of))
        stale = {name for name in paths if name in asked or not _agrees(manifest, name, told[name][0])}
        grown = {name for name in paths if name not in stale and told[name][1].counted}
        manifest = self._read(manifest, {name: paths[name] for name in stale}, told, (EARLIEST, as_of))
        manifest = self._read(manifest, {name: paths[name] for name in grown}, told, (manifest.as_of, as_of))
        manifest = replace(manifest, run_id=run_id, as_of=as_of)
        write_manifest(self.folder, manifest)
        self._sweep(manifest)
        log.info("behaviour stored", extra={"read_anew": len(stale), "appended": len(grown)})
        return manifest

    def _read(
        self,
        manifest: Manifest,
        paths: dict[str, list[PropertyPath]],
        told: dict[str, tuple[Told, Told]],
        bounds: tuple[int, int],
    ) -> Manifest:
        """Take in the rows between the bounds: after those held, or in the place of them all."""
        if not paths:
            return manifest
        manifest = self._meet(manifest, paths.keys(), bounds)
        is_anew, events = bounds[0] == EARLIEST, dict(manifest.events)
        old = {} if is_anew else {name: events[name] for name in paths}
        known = {name: self._texts(each) for name, each in old.items()}
        for name, arrived in read_arrivals(self.world, paths, known, bounds):
            manifest = replace(manifest, number=manifest.number + 1)
            held, fresh = told[name]
            if is_anew:
                event = StoredEvent(f"event-{manifest.number}", 0, held.counted + fresh.counted,
                                    str(held.checksum + fresh.checksum))  # fmt: skip
                (self.folder / event.folder).mkdir(exist_ok=True)
            else:
                event = replace(old[name], counted=old[name].counted + fresh.counted,
                                checksum=str(int(old[name].checksum) + fresh.checksum))  # fmt: skip
            events[name] = self._write(event, arrived, manifest.number)
        return replace(manifest, events=events)

    def _meet(self, manifest: Manifest, events: Iterable[str], bounds: tuple[int, int]) -> Manifest:
        known = read_rows(self.folder, manifest.people, PEOPLE)
        fresh = meet_people(self.world, known, list(events), bounds)
        if not len(fresh):
            return manifest
        number, parts = manifest.number + 1, manifest.people
        if len(parts) >= MOST_PARTS:
            fresh, parts = pa.concat_tables([known, fresh]), ()
        file = f"people-{number}.arrow"
        write_rows(self.folder / file, fresh)
        return replace(manifest, number=number, people=(*parts, (file, len(fresh))))

    def _write(self, event: StoredEvent, arrived: Arrived, number: int) -> StoredEvent:
        folder = self.folder / event.folder
        append_column(folder / "moments", event.rows, arrived.moments)
        append_column(folder / "people", event.rows, arrived.people)
        held = {each.path: each for each in event.properties}
        properties = [
            self._write_property(folder, event, held.get(path), path, arrived, f"{place}-{number}")
            for place, path in enumerate(arrived.codes)
        ]
        return replace(event, rows=event.rows + len(arrived.moments), properties=tuple(properties))

    def _write_property(
        self,
        folder: Path,
        event: StoredEvent,
        held: StoredProperty | None,
        path: PropertyPath,
        arrived: Arrived,
        name: str,
    ) -> StoredProperty:
        """Codes after those held; a dictionary that outgrows them is written anew in wider ones."""
        fresh, texts = arrived.fresh[path], held.texts if held else ()
        distinct = (held.distinct if held else 0) + len(fresh)
        width, file = code_width(distinct), held.file if held else f"codes-{name}"
        if held and width > held.width:
            file = f"codes-{name}"
            before = map_column(folder / held.file, CODES[held.width], event.rows)
            append_column(folder / file, 0, before.astype(CODES[width]))
        width = max(width, held.width if held else 0)
        append_column(folder / file, event.rows, arrived.codes[path].astype(CODES[width]))
        if len(fresh):
            rows = pa.table([fresh, pa.array(amounts_of(fresh))], schema=TEXTS)
            if len(texts) >= MOST_PARTS:
                rows, texts = pa.concat_tables([read_rows(folder, texts, TEXTS), rows]), ()
            write_rows(folder / f"texts-{name}", rows)
            texts = (*texts, (f"texts-{name}", len(rows)))
        return StoredProperty(path, file, width, texts)

    def _texts(self, event: StoredEvent) -> dict[PropertyPath, pa.Array]:
        folder = self.folder / event.folder
        return {
            each.path: read_rows(folder, each.texts, TEXTS)["text"].combine_chunks()
            for each in event.properties
        }

    def _sweep(self, manifest: Manifest) -> None:
        """Folders that nothing leads to any more. Who has mapped their files keeps them until it ends."""
        used = {each.folder for each in manifest.events.values()}
        for folder in self.folder.glob("event-*"):
            if folder.name not in used:
                shutil.rmtree(folder, ignore_errors=True)


def _paths(manifest: Manifest, events: Collection[str], wanted: Wanted) -> dict[str, list[PropertyPath]]:
    """What each event is to have: what is wanted, and what it has already, in the order in which it has it."""
    paths = {name: [each.path for each in stored.properties] for name, stored in manifest.events.items()}
    for name in events:
        paths.setdefault(name, [])
    for name, path in sorted(wanted):
        if path not in paths.setdefault(name, []):
            paths[name].append(path)
    return paths


def _holds(manifest: Manifest, name: str, paths: list[PropertyPath]) -> bool:
    stored = manifest.events.get(name)
    return stored is not None and [each.path for each in stored.properties] == paths


def _agrees(manifest: Manifest, name: str, told: Told) -> bool:
    stored = manifest.events.get(name)
    return stored is not None and (stored.counted, int(stored.checksum)) == (told.counted, told.checksum)
