"""A file of identifiers, row by row: taken, a repetition, or refused with the reason."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kith.errors import KithError

TYPES = ("user_id", "email", "phone", "anonymous_id", "profile_id")
LONGEST = 255
LARGEST_FILE = 512 * 1024 * 1024
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
_NUMBER = re.compile(r"\+[0-9]{6,15}")


@dataclass(frozen=True)
class Entry:
    """One row of a file, `row` counting from 1 below the heading. `refusal` is empty where it was taken."""

    row: int
    value: str
    refusal: str = ""


def read_entries(file: Path, column: str | None, kind: str) -> list[Entry]:
    """Every row of a CSV file with a heading; of one column where none is named.

    Raises KithError where the file can't be read, or has no such column.
    """
    rows = csv.DictReader(io.StringIO(_text(file), newline=""), strict=True)
    names = [name.strip() for name in rows.fieldnames or []]
    if not names:
        raise KithError("the file is empty", where=str(file), expected="a heading, and a row for each person")
    rows.fieldnames = names
    chosen = _column(file, names, column, kind)
    try:
        return list(_entries(rows, chosen, kind))
    except csv.Error as error:
        raise KithError(f"line {rows.line_num} is no CSV: {error}", where=str(file)) from None


def _text(file: Path) -> str:
    if file.stat().st_size > LARGEST_FILE:
        raise KithError("the file is too large", where=str(file), expected="at most 512 MB; split it")
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise KithError(
            f"byte {error.start} is not UTF-8", where=str(file), way_out="save it as UTF-8"
        ) from None


def _column(file: Path, names: list[str], column: str | None, kind: str) -> str:
    wanted = column or (names[0] if len(names) == 1 else kind)
    if wanted not in names:
        raise KithError(
            f"there is no column '{wanted}'",
            where=f"{file}:1",
            expected=", ".join(names),
            way_out="name the one with the identifiers with --column",
        )
    return wanted


def _entries(rows: csv.DictReader[str], column: str, kind: str) -> Iterator[Entry]:
    seen: set[str] = set()
    for number, row in enumerate(rows, start=1):
        value = normal_form(row.get(column) or "", kind)
        refusal = why_refused(value, kind)
        if not refusal and value in seen:
            refusal = "duplicate"
        seen.add(value)
        yield Entry(number, value, refusal)


def normal_form(text: str, kind: str) -> str:
    """An identifier as identity keeps it."""
    text = text.strip()
    if kind == "email":
        return text.lower()
    if kind == "phone":
        digits = re.sub(r"[^0-9]", "", text)
        return "+" + digits.removeprefix("00") if digits else ""
    return text


def why_refused(value: str, kind: str) -> str:
    """The reason for which a value is no identifier of its type; empty if it is one."""
    if not value:
        return "empty"
    if len(value) > LONGEST:
        return "too_long"
    shape = {"email": _ADDRESS, "phone": _NUMBER}.get(kind)
    return "malformed" if shape and not shape.fullmatch(value) else ""
