"""Taking figures away: what a page shows, as a file.

Frames come from the visitor's own reader, so a download is masked as the page is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import streamlit as st

from dashboards.damage import damage_told
from dashboards.reader import Reader

#: So many rows of an answer are put into one file; a greater one is cut, and the button says so.
MOST_ROWS = 200_000
BATCH_ROWS = 20_000
#: A cell that begins so is a formula to a spreadsheet, unless it is a number or a telephone number.
_FORMULA = re.compile(r"^[=+\-@\t\r]")
_NUMBER = re.compile(r"^[+-]?[\d\s().,/-]+$")


def offer_csv(reader: Reader, frame: pd.DataFrame | pa.Table, name: str, *, of: int | None = None) -> None:
    """A button that saves the rows shown as `<name>.csv`; `of` is how many there are where fewer are shown."""
    table = _table(frame)
    if not table.num_rows:
        return
    shown = f"the first {MOST_ROWS:,} rows" if table.num_rows > MOST_ROWS else _rows(table.num_rows)
    told = f"Saves {shown}{f' of {of:,}' if of and of > table.num_rows else ''} · run {reader.run_id}"
    _button(lambda: _written([table.slice(0, MOST_ROWS)]), name, told)


def offer_answer_csv(reader: Reader, sql: str, name: str, **parameters: Any) -> None:
    """A button that saves the whole answer to a query, asked when it is clicked, batch by batch."""
    told = f"Saves all rows, at most {MOST_ROWS:,} · run {reader.run_id}"
    _button(lambda: _written(_batches(reader, sql, parameters)), name, told)


def csv_bytes(frame: pd.DataFrame | pa.Table) -> bytes:
    """UTF-8 with a header; text that a spreadsheet would run as a formula is quoted by an apostrophe."""
    return _written([_table(frame)])


def _table(frame: pd.DataFrame | pa.Table) -> pa.Table:
    if isinstance(frame, pd.DataFrame):
        return pa.Table.from_pandas(frame, preserve_index=False)
    return frame


def _button(data: Callable[[], bytes], name: str, told: str) -> None:
    st.download_button(
        "CSV", data, file_name=f"{_file_name(name)}.csv", mime="text/csv", key=f"csv_{name}", help=told,
        icon=":material/download:", type="tertiary", on_click="ignore",
    )  # fmt: skip


def _batches(reader: Reader, sql: str, parameters: dict[str, Any]) -> Iterator[pa.Table]:
    given = {"zone": reader.settings.zone, **parameters}
    used = {key: value for key, value in given.items() if f"${key}" in sql}
    limited = f"SELECT * FROM ({sql}) AS told LIMIT {MOST_ROWS}"
    with damage_told(reader.snapshot):
        found = reader.warehouse.connection.cursor().execute(limited, used).to_arrow_reader(BATCH_ROWS)
        yield pa.Table.from_batches([], found.schema)
        for batch in found:
            yield pa.Table.from_batches([batch])


def _written(tables: Iterable[pa.Table]) -> bytes:
    output = BytesIO()
    for at, table in enumerate(tables):
        options = pa_csv.WriteOptions(include_header=at == 0)
        pa_csv.write_csv(_harmless(_flat(table)), output, options)
    return output.getvalue()


def _flat(table: pa.Table) -> pa.Table:
    """Lists and structs as text: CSV has no nesting."""
    columns = [
        pa.array([None if each is None else str(each) for each in column.to_pylist()], pa.string())
        if pa.types.is_nested(column.type)
        else column
        for column in table.columns
    ]
    return pa.table(dict(zip(table.column_names, columns, strict=True)))


def _harmless(table: pa.Table) -> pa.Table:
    for at, field in enumerate(table.schema):
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            cells = [_quoted(each) for each in table.column(at).to_pylist()]
            table = table.set_column(at, field.name, pa.array(cells, pa.string()))
    return table


def _quoted(cell: str | None) -> str | None:
    if cell and _FORMULA.match(cell) and not _NUMBER.match(cell):
        return f"'{cell}"
    return cell


def _file_name(name: str) -> str:
    return re.sub(r"[^\w.-]+", "-", name).strip("-") or "table"


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"
