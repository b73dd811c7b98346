"""Who did what, in a chain: each entry's digest covers the one before, so an altered line shows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, text

from kith.times import format_instant, to_utc_naive

FIRST = "0" * 64


def record(
    connection: Connection, at: datetime, actor: str, action: str, subject: str, detail: Mapping[str, Any]
) -> str:
    """Append an entry inside the caller's transaction; answers its digest. No address belongs in `detail`."""
    last = connection.execute(text("SELECT digest FROM audit ORDER BY entry_id DESC LIMIT 1")).scalar()
    body = json.dumps(dict(detail), sort_keys=True, separators=(",", ":"))
    digest = _digest(last or FIRST, format_instant(at), actor, action, subject, body)
    connection.execute(
        text(
            "INSERT INTO audit (at, actor, action, subject, detail, digest) "
            "VALUES (:at, :actor, :action, :subject, :detail, :digest)"
        ),
        {
            "at": to_utc_naive(at),
            "actor": actor,
            "action": action,
            "subject": subject,
            "detail": body,
            "digest": digest,
        },
    )
    return digest


def first_broken(connection: Connection) -> int | None:
    """The id of the first entry that doesn't follow from the one before it, or None where all do."""
    last = FIRST
    rows = connection.execute(
        text("SELECT entry_id, at, actor, action, subject, detail, digest FROM audit ORDER BY entry_id")
    )
    for entry_id, at, actor, action, subject, detail, digest in rows:
        moment = at if isinstance(at, datetime) else datetime.fromisoformat(at)
        stamp = moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        if _digest(last, stamp, actor, action, subject, detail) != digest:
            return int(entry_id)
        last = digest
    return None


def _digest(*parts: str) -> str:
    return sha256("\x1f".join(parts).encode()).hexdigest()
