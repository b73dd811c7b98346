"""An upload: the rows of a file become one commit of the lake, with where they came from and until when."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import pyarrow as pa

from activation.lists.reading import TYPES, Entry, read_entries
from activation.lists.tables import ENTRIES, ROOM, UPLOADS
from kith.errors import KithError
from kith.ids import stable_id
from kith.lake import Home, commit
from kith.settings import Settings
from kith.times import format_instant, parse_duration, parse_instant, to_utc_naive

Mode = Literal["replace", "add", "remove"]
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


@dataclass(frozen=True)
class Upload:
    """What is uploaded: `expires_at` ends the membership that it gives, `source` says where it came from."""

    name: str
    mode: Mode = "replace"
    kind: str = "email"
    column: str | None = None
    source: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True)
class Uploaded:
    """What became of the rows: all of them are accepted, duplicates or refused."""

    upload_id: str
    list: str
    row_count: int
    accepted_count: int
    duplicate_count: int
    refused: tuple[Entry, ...]

    @property
    def refused_count(self) -> int:
        return len(self.refused)


def upload(settings: Settings, file: Path, what: Upload, now: datetime) -> Uploaded:
    """Read a file and publish it at `now`, which is when it takes effect."""
    _check(what, now)
    return publish(settings, read_entries(file, what.column, what.kind), what, file.name, now)


def publish(
    settings: Settings, entries: Sequence[Entry], what: Upload, file_name: str, now: datetime
) -> Uploaded:
    """Commit the entries that were taken; an upload without any is refused, as it would empty the list."""
    reasons = Counter(each.refusal for each in entries)
    accepted = [each for each in entries if not each.refusal]
    refused = tuple(each for each in entries if each.refusal not in ("", "duplicate"))
    if not accepted:
        told = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items())) or "no rows"
        raise KithError(f"nothing of {file_name} can be taken: {told}", expected=f"a column of {what.kind}s")
    upload_id = stable_id(what.name, what.mode, file_name, format_instant(now))
    counts = (len(entries), len(accepted), reasons["duplicate"], len(refused))
    row = {
        "upload_id": upload_id, "list": what.name, "mode": what.mode, "source": what.source,
        "file_name": file_name, "published_at": to_utc_naive(now),
        "expires_at": to_utc_naive(what.expires_at) if what.expires_at else None,
        "row_count": counts[0], "accepted_count": counts[1], "duplicate_count": counts[2],
        "refused_count": counts[3],
    }  # fmt: skip
    columns = {
        "upload_id": pa.repeat(upload_id, len(accepted)),
        "identifier_type": pa.repeat(what.kind, len(accepted)),
        "identifier_value": pa.array([each.value for each in accepted], pa.string()),
        "row_number": pa.array([each.row for each in accepted], pa.int64()),
    }
    with commit(Home(settings.home), ROOM, {"as_of": format_instant(now)}) as writer:
        writer.write(UPLOADS.name, pa.Table.from_pylist([row], schema=UPLOADS.schema))
        writer.write(ENTRIES.name, pa.table(columns, schema=ENTRIES.schema))
    return Uploaded(upload_id, what.name, *counts[:3], refused)


def parse_expiry(text: str, now: datetime, zone: str) -> datetime:
    """`90d` from now, or a date or instant."""
    return (
        now + parse_duration(text)
        if re.fullmatch(r"\d+\s*[a-z]", text.strip())
        else parse_instant(text, zone)
    )


def _check(what: Upload, now: datetime) -> None:
    if not _NAME.fullmatch(what.name):
        raise KithError(f"'{what.name}' is no name of a list", expected="small letters, digits and _")
    if what.kind not in TYPES:
        raise KithError(f"'{what.kind}' is no type of identifier", expected=", ".join(TYPES))
    if what.expires_at is not None and what.expires_at <= now:
        raise KithError("the list would have expired before it is published", expected="a later --expires")
