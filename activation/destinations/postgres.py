"""Rows into a PostgreSQL table, each batch in one transaction with its own key: told twice it takes effect once.

The table must be there, with the columns that the fields name; insert, update and upsert need a unique index over the
key.
`replace` fills a table beside it and exchanges the content in one transaction at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
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
    Verdict,
    accepted,
    deferred,
    rejected,
    skipped,
    unknown,
)
from kith.settings import Section, environment, read_section

_IN_FLIGHT = 4
_KEYS = "kith_sync_batches"
_TYPES = {"varchar": "text", "double": "double precision", "timestamp": "timestamp"}


class PostgresSettings(Section, prefix="KITH_SYNC_POSTGRES_"):
    """`url`: postgresql://user:password@host/database."""

    url: str


class PostgresDestination:
    """contract.Destination. Each push has a connection of its own."""

    def __init__(self, settings: PostgresSettings, target: Target) -> None:
        self._target = target
        self._url = settings.url
        self._schema = target.options.get("schema", "public")
        self._table = target.options["table"]
        self._engine: Any = None

    def open(self) -> None:
        import sqlalchemy as sa
        from sqlalchemy import exc

        url = self._url.replace("postgresql://", "postgresql+psycopg://", 1)
        self._engine = sa.create_engine(url, pool_size=_IN_FLIGHT, pool_pre_ping=True)
        keys = f"{_name(self._schema)}.{_KEYS}"
        made = f"CREATE TABLE IF NOT EXISTS {keys} (batch_id text PRIMARY KEY, verdicts text NOT NULL)"
        try:
            with self._engine.begin() as connection:
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7242001)")
                connection.exec_driver_sql(made)
        except exc.OperationalError as error:
            raise DestinationDown(f"KITH_SYNC_POSTGRES_URL can't be used: {type(error).__name__}") from None

    def push(self, batch: Batch, note: Note) -> Answer:
        del note
        from sqlalchemy import exc

        try:
            with self._engine.begin() as connection:
                return self._push(connection, batch)
        except (exc.DataError, exc.IntegrityError) as error:
            return Answer(rejected("row_refused", _state(error)), must_split=True)
        except exc.ProgrammingError as error:
            return Answer(deferred("table_unfit", _state(error)), is_halt=True)
        except exc.OperationalError as error:
            # The transaction may have ended before the connection did; its key will tell.
            return Answer(unknown("connection_lost", _state(error)))

    def finish(self, run_id: str, as_of: datetime) -> None:
        if self._target.mode is not Mode.REPLACE:
            return
        columns, staged = self._columns(), self._staged(run_id)
        with self._engine.begin() as connection:
            if connection.exec_driver_sql("SELECT to_regclass(%s)", (staged,)).scalar() is None:
                return  # exchanged before a crash
            connection.exec_driver_sql(f"DELETE FROM {self._place}")
            connection.exec_driver_sql(
                f"INSERT INTO {self._place} ({columns}) SELECT {columns} FROM {staged}"
            )
            connection.exec_driver_sql(f"DROP TABLE {staged}")

    def close(self) -> None:
        if self._engine is not None:
            self._engine.dispose()

    @property
    def _place(self) -> str:
        return f"{_name(self._schema)}.{_name(self._table)}"

    def _staged(self, run_id: str) -> str:
        return f"{_name(self._schema)}.{_name('kith_' + run_id)}"

    def _columns(self) -> str:
        return ", ".join(_name(field) for field in self._target.columns)

    def _push(self, connection: Any, batch: Batch) -> Answer:
        """The batch's key first: whoever told it before us has done it."""
        key = f"INSERT INTO {_name(self._schema)}.{_KEYS} VALUES (%s, '') ON CONFLICT DO NOTHING RETURNING 1"
        if connection.exec_driver_sql(key, (batch.batch_id,)).scalar() is None:
            return self._remembered(connection, batch)
        done = self._carry(connection, batch)
        if done is None:
            return Answer(accepted())
        untouched = [place for place, row in enumerate(batch.rows) if row.key not in done]
        told = ",".join(map(str, untouched))
        connection.exec_driver_sql(
            f"UPDATE {_name(self._schema)}.{_KEYS} SET verdicts = %s WHERE batch_id = %s",
            (told, batch.batch_id),
        )
        return Answer(accepted(), _untouched(batch, untouched))

    def _remembered(self, connection: Any, batch: Batch) -> Answer:
        told = connection.exec_driver_sql(
            f"SELECT verdicts FROM {_name(self._schema)}.{_KEYS} WHERE batch_id = %s", (batch.batch_id,)
        ).scalar()
        return Answer(
            accepted(), _untouched(batch, [int(place) for place in (told or "").split(",") if place])
        )

    def _carry(self, connection: Any, batch: Batch) -> set[str] | None:
        """One statement a batch. Answers the keys that it touched, None for all."""
        if batch.operation is Operation.DELETE:
            return self._delete(connection, batch)
        rows = batch.rows.joined().decode()
        place = self._place
        if batch.operation is Operation.PLACE:
            place = self._staged(batch.run_id)
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7242001)")
            connection.exec_driver_sql(
                f"CREATE TABLE IF NOT EXISTS {place} (LIKE {self._place} INCLUDING DEFAULTS)"
            )
        told = self._key_text("told") if batch.operation is not Operation.APPEND else ""
        result = connection.exec_driver_sql(self._statement(batch.operation, place), (rows,))
        return {row[0] for row in result} if told and result.returns_rows else None

    def _statement(self, operation: Operation, place: str) -> str:
        columns = self._columns()
        kinds = ", ".join(
            f"{_name(field)} {_TYPES.get(kind, kind)}" for field, kind in self._target.columns.items()
        )
        read = f"json_to_recordset(CAST(%s AS json)) AS told({kinds})"
        insert = f"INSERT INTO {place} AS told ({columns}) SELECT {columns} FROM {read}"
        keys = ", ".join(_name(field) for field in self._target.key)
        others = [field for field in self._target.columns if field not in self._target.key]
        if operation is Operation.UPDATE:
            sets = ", ".join(f"{_name(field)} = told.{_name(field)}" for field in others or self._target.key)
            same = " AND ".join(f"held.{_name(field)} = told.{_name(field)}" for field in self._target.key)
            return f"UPDATE {place} AS held SET {sets} FROM {read} WHERE {same} RETURNING {self._key_text('told')}"
        if operation is Operation.INSERT:
            return f"{insert} ON CONFLICT ({keys}) DO NOTHING RETURNING {self._key_text('told')}"
        if operation is Operation.UPSERT:
            sets = ", ".join(
                f"{_name(field)} = EXCLUDED.{_name(field)}" for field in others or self._target.key
            )
            return f"{insert} ON CONFLICT ({keys}) DO UPDATE SET {sets}"
        return insert

    def _key_text(self, relation: str) -> str:
        """The row's key as the sync names it."""
        fields = [f"CAST({relation}.{_name(field)} AS text)" for field in self._target.key]
        if len(fields) == 1:
            return fields[0]
        return f"replace(CAST(json_build_array({', '.join(fields)}) AS text), ', ', ',')"

    def _delete(self, connection: Any, batch: Batch) -> set[str]:
        key = self._key_text("held")
        sql = f"DELETE FROM {self._place} AS held WHERE {key} = ANY(%s) RETURNING {key}"
        return {row[0] for row in connection.exec_driver_sql(sql, (batch.rows.keys,))}


def _untouched(batch: Batch, places: Sequence[int]) -> dict[int, Verdict]:
    detail = "already_there" if batch.operation is Operation.INSERT else "not_there"
    return {place: skipped(detail) for place in places}


def _name(word: str) -> str:
    return '"' + word.replace('"', '""').replace("%", "%%") + '"'


def _state(error: Any) -> str:
    return str(getattr(error.orig, "sqlstate", "") or "")


def _build(target: Target) -> PostgresDestination:
    if target.mode is Mode.AUDIENCE:
        raise TargetError("a table has no members; use mirror")
    return PostgresDestination(read_section(PostgresSettings), target)


plugin = DestinationPlugin(
    name="postgres",
    capabilities=Capabilities(
        modes=frozenset(Mode) - {Mode.AUDIENCE},
        batch_size=5_000,
        in_flight=_IN_FLIGHT,
        honours_key=True,
        options={"table": "the table", "schema": "its schema, public by default"},
        required=frozenset({"table"}),
    ),
    build=_build,
    is_configured=lambda: bool(environment().get("KITH_SYNC_POSTGRES_URL")),
    refine=lambda target, able: replace(able, in_flight=1) if target.mode is Mode.REPLACE else able,
)
