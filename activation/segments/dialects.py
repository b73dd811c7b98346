"""Where engines part: the few forms of the compiled SQL that no two engines share.

Everything else of a statement is the same text everywhere. Times are UTC (in Spark that is the session's zone).
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod

from kith.warehouse import literal, quote

# What reads as a number: else engines differ (DuckDB takes 1_000 and blanks for one).
NUMBER = "-?[0-9]{1,18}([.][0-9]+)?([eE][+-]?[0-9]{1,2})?"


class Dialect(ABC):
    """The forms of one engine."""

    starts_with, ends_with = "STARTS_WITH", "ENDS_WITH"

    @abstractmethod
    def text(self, text: str) -> str:
        """A text literal, whatever the text."""

    @abstractmethod
    def column(self, name: str) -> str:
        """A column's name, quoted."""

    @abstractmethod
    def finite(self, value: str) -> str:
        """Whether a floating number is one."""

    @abstractmethod
    def member(self, document: str, keys: tuple[str, ...]) -> str:
        """The text of what lies below the keys in a JSON text, null where nothing does."""

    @abstractmethod
    def number(self, text: str, type_: str) -> str:
        """A text as a decimal, null where it doesn't read as one."""

    @abstractmethod
    def hexadecimal(self, digits: str) -> str:
        """Hexadecimal digits as a whole number."""

    @abstractmethod
    def local_day(self, moment: str, zone: str) -> str:
        """The local date of an instant."""

    @abstractmethod
    def microseconds(self, moment: str) -> str:
        """An instant as microseconds since 1970."""


class DuckDB(Dialect):
    """DuckDB 1.x."""

    def text(self, text: str) -> str:
        return literal(text)

    def column(self, name: str) -> str:
        return quote(name)

    def finite(self, value: str) -> str:
        return f"ISFINITE({value})"

    def member(self, document: str, keys: tuple[str, ...]) -> str:
        """By a JSON pointer: no character of a key means anything."""
        pointer = "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)
        return f"JSON_EXTRACT_STRING({document}, {self.text(pointer)})"

    def number(self, text: str, type_: str) -> str:
        return f"CASE WHEN REGEXP_FULL_MATCH({text}, '{NUMBER}') THEN TRY_CAST({text} AS {type_}) END"

    def hexadecimal(self, digits: str) -> str:
        return f"CAST('0x' || {digits} AS BIGINT)"

    def local_day(self, moment: str, zone: str) -> str:
        return f"CAST(TIMEZONE({self.text(zone)}, TIMEZONE('UTC', {moment})) AS DATE)"

    def microseconds(self, moment: str) -> str:
        return f"EPOCH_US({moment})"


class Spark(Dialect):
    """Spark SQL, and what speaks it."""

    starts_with, ends_with = "STARTSWITH", "ENDSWITH"
    _plain = re.compile(r"[^'\\]*")
    _plain_key = re.compile(r"\w[\w ]*")

    def text(self, text: str) -> str:
        """What a backslash or a doubled quote means is a setting there, so a text with either is told in bytes."""
        return f"'{text}'" if self._plain.fullmatch(text) else f"CAST(X'{text.encode().hex()}' AS STRING)"

    def column(self, name: str) -> str:
        return "`" + name.replace("`", "``") + "`"

    def finite(self, value: str) -> str:
        """Infinity less infinity is NaN there, and NaN is equal to itself but not to 0."""
        return f"{value} - {value} = 0"

    def member(self, document: str, keys: tuple[str, ...]) -> str:
        """By a JSON path; a key with a character that means something there is looked up in a map."""
        if all(self._plain_key.fullmatch(key) for key in keys):
            return f"GET_JSON_OBJECT({document}, {self.text('$.' + '.'.join(keys))})"
        for key in keys:
            document = f"FROM_JSON({document}, 'MAP<STRING, STRING>')[{self.text(key)}]"
        return document

    def number(self, text: str, type_: str) -> str:
        """Not every engine that speaks Spark reads an exponent as a decimal, but as a double each does."""
        read = f"COALESCE(TRY_CAST({text} AS {type_}), TRY_CAST(TRY_CAST({text} AS DOUBLE) AS {type_}))"
        return f"CASE WHEN {text} RLIKE '^(?:{NUMBER})$' THEN {read} END"

    def hexadecimal(self, digits: str) -> str:
        return f"CAST(CONV({digits}, 16, 10) AS BIGINT)"

    def local_day(self, moment: str, zone: str) -> str:
        return f"TO_DATE(FROM_UTC_TIMESTAMP({moment}, {self.text(zone)}))"

    def microseconds(self, moment: str) -> str:
        return f"UNIX_MICROS({moment})"


DUCKDB, SPARK = DuckDB(), Spark()
