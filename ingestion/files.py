"""Files as they come: what they are, whether they are whole, and the bytes that DuckDB reads.

A compressed file, one in another encoding, or one whose columns stand apart by runs of spaces is rewritten
once into a working file: a broken archive is then found before any row is read, and later scans are parallel.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

from ingestion.mapping import Format
from kith.errors import KithError

FileKind = Literal["csv", "parquet", "json"]
BLOCK = 1 << 20
SUFFIXES: dict[str, FileKind] = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".parquet": "parquet",
    ".jsonl": "json", ".ndjson": "json", ".json": "json",
}  # fmt: skip
COMPRESSED = {b"\x1f\x8b": "gz", b"\x28\xb5\x2f\xfd": "zst"}


@dataclass(frozen=True)
class RawFile:
    """A file to import: `path` as given, `readable` the bytes for DuckDB, `digest` the md5 of its content."""

    path: Path
    readable: Path
    kind: FileKind
    digest: str
    delimiter: str | None = None


def digest_of(path: Path) -> str:
    """The md5 of a file's bytes; an unreadable file is named."""
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    except FileNotFoundError:
        raise KithError("there is no such file", where=str(path)) from None
    except OSError as error:
        raise KithError(f"the file can't be read: {error.strerror}", where=str(path)) from None


def open_file(path: Path, layout: Format, scratch: Path) -> RawFile:
    """Make a file readable; what must be rewritten goes to `scratch`."""
    digest = digest_of(path)
    if path.stat().st_size == 0:
        raise KithError("the file is empty", where=str(path), expected="at least one row")
    kind = layout.kind or _kind_of(path)
    compression = _compression_of(path)
    if kind == "parquet":
        _check_parquet(path)
        return RawFile(path, path, kind, digest)
    spaces = kind == "csv" and layout.delimiter == "spaces"
    foreign = layout.encoding.lower().replace("_", "-") not in ("utf-8", "utf8", "ascii")
    delimiter = "\t" if spaces else layout.delimiter
    if not (compression or spaces or foreign):
        return RawFile(path, path, kind, digest, delimiter)
    working = scratch / "working"
    with _decompressed(path, compression) as content, open(working, "wb") as file:
        for block in _rewritten(path, content, layout if foreign else None, spaces):
            file.write(block)
    if working.stat().st_size == 0:
        raise KithError("the file is empty", where=str(path), expected="at least one row")
    return RawFile(path, working, kind, digest, delimiter)


def first_line(file: RawFile) -> str:
    """The first line without its end, for headers."""
    with open(file.readable, "rb") as content:
        line = content.readline(BLOCK)
    return line.rstrip(b"\r\n").decode("utf-8-sig", errors="replace")


def _kind_of(path: Path) -> FileKind:
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() not in (".gz", ".zst")]
    kind = SUFFIXES.get(suffixes[-1]) if suffixes else None
    if kind is None:
        raise KithError(
            "the file's name doesn't say what it is", where=str(path), expected=", ".join(SUFFIXES),
            way_out="say format: {kind: csv}, parquet or json in the mapping",
        )  # fmt: skip
    return kind


def _compression_of(path: Path) -> str | None:
    with open(path, "rb") as file:
        start = file.read(4)
    return next((name for magic, name in COMPRESSED.items() if start.startswith(magic)), None)


def _check_parquet(path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        pq.ParquetFile(path).close()
    except (pa.ArrowInvalid, OSError) as error:
        raise KithError(
            "no readable Parquet file",
            where=str(path),
            expected=f"a whole one ({str(error).splitlines()[0][:120]})",
        ) from None


@contextmanager
def _decompressed(path: Path, compression: str | None) -> Iterator[BinaryIO]:
    with open(path, "rb") as raw:
        if compression == "gz":
            yield gzip.GzipFile(fileobj=raw)  # type: ignore[misc]
        elif compression == "zst":
            yield io.BufferedReader(_Frames(raw), BLOCK)
        else:
            yield raw


def _rewritten(path: Path, content: BinaryIO, foreign: Format | None, spaces: bool) -> Iterator[bytes]:
    """The working file's bytes; a broken archive or a byte that is not of the encoding is an error."""
    import zstandard

    try:
        text = io.TextIOWrapper(content, encoding=foreign.encoding, newline="") if foreign else None
        if spaces:
            lines = text if text is not None else content
            for line in lines:
                yield b"\t".join((line.encode() if isinstance(line, str) else line).split()) + b"\n"
        elif text is not None:
            while part := text.read(BLOCK):
                yield part.encode()
        else:
            while block := content.read(BLOCK):
                yield block
    except (EOFError, zlib.error, gzip.BadGzipFile, zstandard.ZstdError) as error:
        raise KithError(
            f"the archive is broken or cut short: {error}", where=str(path), expected="a whole file",
            way_out="fetch the file again; nothing was landed",
        ) from None  # fmt: skip
    except UnicodeError:
        name = foreign.encoding if foreign else "utf-8"
        raise KithError(
            f"the text is not {name}", where=str(path),
            way_out="name the right one: format: {encoding: latin-1}",
        ) from None  # fmt: skip


class _Frames(io.RawIOBase):
    """A zst file as a stream. zstandard's own reader ends silently where a frame is cut; this one doesn't."""

    def __init__(self, raw: BinaryIO) -> None:
        self._raw, self._ready, self._frame = raw, b"", _new_frame()
        self._is_open = True

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        while not self._ready:
            block = self._raw.read(BLOCK)
            if not block:
                if self._is_open:
                    raise EOFError("the last frame has no end")
                return 0
            self._ready = self._decompress(block)
        size = min(len(target), len(self._ready))
        target[:size], self._ready = self._ready[:size], self._ready[size:]
        return size

    def _decompress(self, block: bytes) -> bytes:
        out = b""
        while block:
            if not self._is_open:
                self._frame, self._is_open = _new_frame(), True
            out += self._frame.decompress(block)
            block, self._is_open = (self._frame.unused_data, False) if self._frame.eof else (b"", True)
        return out


def _new_frame() -> Any:
    import zstandard

    return zstandard.ZstdDecompressor().decompressobj()
