"""The words about consent land as a table, a row per version: the warehouse reads events by them."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq

from activation.gates._words import KIND, load_words
from kith.lake import Home, LakeTable, commit, commits
from kith.run import Run
from kith.settings import Settings
from kith.times import format_instant, to_utc_naive

ROOM = "definitions"

#: One row per version of the words about consent, appended by the first run that goes by it.
WORDS = LakeTable(
    room=ROOM,
    name=KIND,
    schema=pa.schema(
        [
            *((name, pa.string()) for name in ("kind", "name", "version", "body", "path")),
            ("effective_at", pa.timestamp("us")),
        ]
    ),
)


def land_words(settings: Settings, run: Run) -> int:
    """Append the workspace's words if they are not the version that landed last; answers how many landed.

    Called before the warehouse is built: the run reads its events by what lies here.
    """
    words, home = load_words(settings), run.home(settings)
    if _last_version(home) == words.version:
        return 0
    row = {
        "kind": KIND,
        "name": words.name,
        "version": words.version,
        "body": words.json,
        "path": f"{words.path.parent.name}/{words.path.name}",
        "effective_at": to_utc_naive(run.as_of),
    }
    with commit(home, ROOM, {"as_of": format_instant(run.as_of), "kind": KIND}) as writer:
        writer.write(KIND, pa.Table.from_pylist([row], schema=WORDS.schema))
    return 1


def _last_version(home: Home) -> str | None:
    files = [each.table(KIND) for each in commits(home, ROOM) if each.table(KIND).exists()]
    versions = pq.read_table(files[-1])["version"].to_pylist() if files else []
    return versions[-1] if versions else None
