"""Rows as Parquet or CSV files, in a folder here or in an object store (`s3://bucket/path`, `gs://…`).

`append`: a file a batch, named after the batch, so that a batch told twice is one file. `replace`: one file, which
takes the place of the old one when the run is through. The place is the option `path`; below KITH_HOME/exports where it
is relative.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from activation.destinations.contract import (
    Answer,
    Batch,
    Capabilities,
    DestinationDown,
    DestinationPlugin,
    Mode,
    Note,
    Operation,
    Target,
    TargetError,
    accepted,
    unknown,
)
from kith.durable import write_durably
from kith.settings import Section, load_settings, read_section

_FORMATS = ("parquet", "csv")
_STAGED = ".kith-staged"


class FilesSettings(Section, prefix="KITH_SYNC_FILES_"):
    """Credentials of object stores are the field's own variables; `endpoint` is for stores that speak S3 elsewhere."""

    endpoint: str = ""
    region: str = ""


class FilesDestination:
    """contract.Destination over pyarrow's file systems."""

    def __init__(self, settings: FilesSettings, target: Target) -> None:
        self._settings, self._target = settings, target
        self._format = target.options.get("format", "parquet")
        self._is_remote = "://" in target.options["path"]
        self._store: Any = None
        self._folder = ""

    def open(self) -> None:
        path = self._target.options["path"]
        if self._is_remote:
            self._store, self._folder = _remote(path, self._settings)
            return
        folder = load_settings().home / "exports" / path  # an absolute path stays what it is
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DestinationDown(f"the folder of option path can't be made: {error.strerror}") from None
        self._folder = str(folder)

    def push(self, batch: Batch, note: Note) -> Answer:
        del note
        name = f"{batch.batch_id}.{self._format}"
        if batch.operation is Operation.PLACE:
            name = f"{_STAGED}/{batch.run_id}/{batch.number:08d}-{batch.batch_id}.parquet"
        try:
            table = _table(batch, self._target.columns)
            self._write(
                name, _encoded(table, "parquet" if batch.operation is Operation.PLACE else self._format)
            )
        except OSError as error:
            return Answer(unknown("store_failed", type(error).__name__))
        return Answer(accepted())

    def finish(self, run_id: str, as_of: datetime) -> None:
        """The parts become the one file. Told again after a crash, when the parts are gone, there is nothing to do."""
        if self._target.mode is not Mode.REPLACE:
            return
        import pyarrow as pa
        import pyarrow.parquet as pq

        staged = f"{_STAGED}/{run_id}"
        parts = self._list(staged)
        if not parts:
            return
        table = pa.concat_tables([pq.read_table(io.BytesIO(self._read(part))) for part in sorted(parts)])
        self._write(f"{self._target.sync}.{self._format}", _encoded(table, self._format))
        self._remove(staged)

    def close(self) -> None:
        self._store = None

    def _write(self, name: str, content: bytes) -> None:
        if self._store is None:
            path = Path(self._folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            write_durably(path, content)
            return
        with self._store.open_output_stream(f"{self._folder}/{name}") as stream:
            stream.write(content)

    def _read(self, place: str) -> bytes:
        if self._store is None:
            return Path(place).read_bytes()
        with self._store.open_input_stream(place) as stream:
            return stream.read()

    def _list(self, folder: str) -> Sequence[str]:
        if self._store is None:
            return [str(path) for path in Path(self._folder, folder).glob("[0-9]*.parquet")]
        from pyarrow.fs import FileSelector

        found = self._store.get_file_info(FileSelector(f"{self._folder}/{folder}", allow_not_found=True))
        return [each.path for each in found if each.is_file]

    def _remove(self, folder: str) -> None:
        if self._store is None:
            import shutil

            shutil.rmtree(Path(self._folder, folder), ignore_errors=True)
        else:
            self._store.delete_dir(f"{self._folder}/{folder}")


def _remote(path: str, settings: FilesSettings) -> tuple[Any, str]:
    from pyarrow import fs

    try:
        if path.startswith("s3://") and settings.endpoint:
            scheme, _, host = settings.endpoint.partition("://")
            store = fs.S3FileSystem(
                endpoint_override=host,
                scheme=scheme,
                region=settings.region or "us-east-1",
                force_virtual_addressing=False,
            )
            return store, path.removeprefix("s3://").rstrip("/")
        store, folder = fs.FileSystem.from_uri(path)
        return store, folder.rstrip("/")
    except (OSError, ValueError) as error:
        raise DestinationDown(f"the option path can't be used: {type(error).__name__}") from None


def _table(batch: Batch, columns: Mapping[str, str]) -> Any:
    """The rows with the types that the source has."""
    import pyarrow as pa

    schema = pa.schema([(name, _type(kind)) for name, kind in columns.items()])
    rows = [row.fields for row in batch.rows]
    arrays = [
        _array([row.get(name) for row in rows], columns[name], schema.field(name).type) for name in columns
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def _array(values: list[Any], kind: str, wanted: Any) -> Any:
    import pyarrow as pa

    if kind.startswith("decimal"):
        return pa.array([None if value is None else f"{value!r}" for value in values], pa.string()).cast(
            wanted
        )
    if kind == "timestamp":
        found = [
            None if value is None else datetime.fromisoformat(value).replace(tzinfo=None) for value in values
        ]
        return pa.array(found, wanted)
    if kind == "date":
        return pa.array(values, pa.string()).cast(wanted)
    return pa.array(values, wanted)


def _type(kind: str) -> Any:
    import pyarrow as pa

    plain = {
        "varchar": pa.string(), "boolean": pa.bool_(), "bigint": pa.int64(), "double": pa.float64(),
        "date": pa.date32(), "timestamp": pa.timestamp("us"),
    }  # fmt: skip
    if kind in plain:
        return plain[kind]
    digits, places = kind.removeprefix("decimal(").rstrip(")").split(",")
    return pa.decimal128(int(digits), int(places))


def _encoded(table: Any, style: str) -> bytes:
    import pyarrow.csv
    import pyarrow.parquet

    stream = io.BytesIO()
    if style == "csv":
        pyarrow.csv.write_csv(table, stream)
    else:
        pyarrow.parquet.write_table(table, stream, compression="zstd")
    return stream.getvalue()


def _build(target: Target) -> FilesDestination:
    if target.options.get("format", "parquet") not in _FORMATS:
        raise TargetError(f"format is {target.options['format']}; expected {' or '.join(_FORMATS)}")
    if ".." in Path(target.options["path"]).parts:
        raise TargetError(
            "path leads upwards; expected a folder below KITH_HOME/exports, an absolute one or a URL"
        )
    return FilesDestination(read_section(FilesSettings), target)


plugin = DestinationPlugin(
    name="files",
    capabilities=Capabilities(
        modes=frozenset({Mode.APPEND, Mode.REPLACE}),
        batch_size=50_000,
        in_flight=2,
        honours_key=True,
        options={
            "path": "a folder (below KITH_HOME/exports where relative) or s3://bucket/path",
            "format": "parquet or csv",
        },
        required=frozenset({"path"}),
    ),
    build=_build,
)
