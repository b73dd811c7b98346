"""What a lake table is: a room, a name, a schema, and which of its columns tell of a person."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from kith.errors import KithError


@dataclass(frozen=True)
class LakeTable:
    """`lake/<room>/<commit>/<name>.parquet`, or below `<partition>=…/` where a partition is named."""

    room: str
    name: str
    schema: pa.Schema
    people: tuple[str, ...] = ()
    partition: str | None = None

    def __post_init__(self) -> None:
        unknown = [column for column in self.people if column not in self.schema.names]
        if unknown:
            raise KithError(f"table {self.room}/{self.name} has no column {', '.join(unknown)}")

    def conform(self, table: pa.Table) -> pa.Table:
        """The rows in exactly the declared columns, order and types; anything else is an error."""
        missing = set(self.schema.names) ^ set(table.column_names)
        if missing:
            raise KithError(
                f"columns differ from the schema of {self.room}/{self.name}: {', '.join(sorted(missing))}",
                expected=", ".join(self.schema.names),
            )
        return table.select(self.schema.names).cast(self.schema)
