"""Any metric by any dimension: what `kith metrics query` answers, asked of the visitor's own snapshot.

MetricFlow takes some seconds to load and some hundredths to compile: it is loaded once a process, in the background
(`warm`), and what it compiled is kept per run and question.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from threading import Lock, Thread

import duckdb
import pandas as pd
import streamlit as st

from dashboards.reader import READERS_KEPT, Reader
from kith.errors import KithError
from kith.lake import Home
from kith.metrics.catalogue import Catalogue, Metric, read_catalogue
from kith.metrics.columns import short
from kith.metrics.conditions import metricflow_condition
from kith.metrics.definitions import kept_definitions, no_metrics
from kith.metrics.question import Names
from kith.metrics.reading import compile_question
from kith.settings import Settings
from kith.snapshot import current_snapshot
from kith.warehouse import literal, quote

QUESTIONS_KEPT = 500
MOST_ROWS, MOST_VALUES = 5_000, 300
#: How an absent value is written where values are chosen.
ABSENT = "(none)"
#: What the metrics call a person where they join.
PERSON = "profile"
#: MetricFlow is not made to be asked by two threads at once.
_ONE_AT_A_TIME = Lock()


@dataclass(frozen=True)
class Filter:
    """Only what has (or, `is_not`, has none of) these values of a dimension; ABSENT stands for no value."""

    dimension: str
    values: tuple[str, ...]
    is_not: bool = False


@dataclass(frozen=True)
class Asked:
    """A question: metrics by dimensions, a period of `grain` (`""`: over all days), of days that both count."""

    metrics: tuple[str, ...]
    by: tuple[str, ...] = ()
    grain: str = ""
    filters: tuple[Filter, ...] = ()
    first: date | None = None
    last: date | None = None

    @property
    def where(self) -> str:
        """The filters as the condition that `kith metrics query --where` takes."""
        return " and ".join(_condition(each) for each in self.filters if each.values)

    @property
    def command(self) -> str:
        """The same question in a terminal."""
        words = ["kith metrics query", ",".join(self.metrics)]
        words += [f"--by {','.join(short(each) for each in self.by)}"] if self.by else []
        words += [f"--grain {self.grain}"] if self.grain else []
        words += [f'--where "{self.where}"'] if self.where else []
        words += [f"--from {self.first}"] if self.first else []
        words += [f"--to {self.last}"] if self.last else []
        return " ".join(words)


@dataclass(frozen=True)
class Told:
    """An answer: `frame` has the columns `dimensions` (the period first, if any) and then the metrics.

    `is_cut`: there are more rows than were read. `currency` is the dimension by which the money in it is told.
    """

    frame: pd.DataFrame
    dimensions: tuple[str, ...]
    metrics: tuple[Metric, ...]
    grain: str
    currency: str
    sql: str
    is_cut: bool


def catalogue_of(reader: Reader) -> Catalogue:
    """The metrics that were kept with the run; raises KithError where it kept none."""
    found = _catalogue(reader, str(reader.snapshot.path))
    if found is None:
        raise no_metrics(reader.snapshot)
    return found


def dimensions_of(catalogue: Catalogue, metrics: Sequence[str]) -> list[str]:
    """By what all of these metrics can be told, times apart: short names where they are plain."""
    names = Names(catalogue, metrics)
    known = [each for each in names.shared if each not in names.times]
    shorts = [short(each) for each in known]
    return [part if shorts.count(part) == 1 else each for each, part in zip(known, shorts, strict=True)]


def tell(reader: Reader, asked: Asked) -> Told:
    """The answer, ordered by its dimensions. Raises KithError for a question that has none."""
    catalogue = catalogue_of(reader)
    names = Names(catalogue, asked.metrics)
    columns = names.columns(asked.by, asked.grain or None)
    sql = compiled(reader, asked)
    try:
        table = reader.arrow(f"SELECT * FROM ({sql}) AS told LIMIT {MOST_ROWS + 1}")
    except duckdb.Error as error:
        raise KithError(f"run {reader.run_id} can't answer this: {error}") from None
    money = {each for metric in names.metrics for each in metric.currencies}
    frame = _plain_numbers(table.slice(0, MOST_ROWS).to_pandas(date_as_object=False))
    return Told(
        frame,
        tuple(column.name for column in columns),
        tuple(names.metrics),
        asked.grain,
        next((column.name for column in columns if column.dimension in money), ""),
        sql,
        table.num_rows > MOST_ROWS,
    )


def values_of(reader: Reader, metric: str, dimension: str) -> list[str]:
    """What a dimension can be for a metric, by name; no more than MOST_VALUES."""
    sql = compiled(reader, Asked((metric,), (dimension,)))
    column = quote(short(dimension))
    rows = reader.rows(f"""
        SELECT DISTINCT coalesce(CAST({column} AS VARCHAR), {literal(ABSENT)}) AS found
        FROM ({sql}) AS told
        ORDER BY found
        LIMIT {MOST_VALUES}""")
    return [row["found"] for row in rows]


def last_days(reader: Reader, days: int) -> tuple[date, date]:
    """The last full days, so many, before the run's `as_of`; both count."""
    end = reader.as_of.date() - timedelta(days=1)
    return end - timedelta(days=days - 1), end


def compiled(reader: Reader, asked: Asked) -> str:
    """The SQL of a question over this run's tables."""
    return _compiled(reader, str(reader.snapshot.path), repr(asked), asked)


def per_person(reader: Reader, asked: Asked) -> str:
    """SQL of the metrics by `person` (a profile id), for sums over people that no dimension tells apart."""
    return _compiled_per_person(reader, str(reader.snapshot.path), repr(asked), asked)


def warm(settings: Settings) -> None:
    """Load MetricFlow with the present definitions, beside whatever goes on."""
    Thread(target=_load, args=(settings,), name="metrics", daemon=True).start()


def _load(settings: Settings) -> None:
    snapshot = current_snapshot(Home(settings.home))
    catalogue = None if snapshot is None else read_catalogue(snapshot)
    if snapshot is None or catalogue is None or not catalogue.metrics:
        return
    first = next((each.name for each in catalogue.metrics if not each.needs_time), "")
    with _ONE_AT_A_TIME, suppress(KithError):  # whoever asks is told; nobody asked yet
        compile_question(snapshot, catalogue, None, metrics=[first])


@st.cache_data(max_entries=READERS_KEPT, show_spinner=False)
def _catalogue(_reader: Reader, path: str) -> Catalogue | None:
    return read_catalogue(_reader.snapshot)


@st.cache_data(max_entries=QUESTIONS_KEPT, show_spinner=False)
def _compiled(_reader: Reader, path: str, question: str, _asked: Asked) -> str:
    catalogue = catalogue_of(_reader)
    with _ONE_AT_A_TIME:
        return compile_question(
            _reader.snapshot,
            catalogue,
            kept_definitions(_reader.snapshot),
            metrics=_asked.metrics,
            by=_asked.by,
            where=_asked.where,
            grain=_asked.grain or None,
            first=_asked.first,
            last=_asked.last,
        )


@st.cache_data(max_entries=QUESTIONS_KEPT, show_spinner=False)
def _compiled_per_person(_reader: Reader, path: str, question: str, _asked: Asked) -> str:
    from kith.metrics.compiler import compiler_of

    where = metricflow_condition(_asked.where, Names(catalogue_of(_reader), _asked.metrics))
    with _ONE_AT_A_TIME:
        sql = compiler_of(kept_definitions(_reader.snapshot)).sql(
            _asked.metrics, [PERSON], [where] if where else [], _asked.first, _asked.last
        )
    told = ", ".join(quote(name) for name in _asked.metrics)
    return f"SELECT {PERSON} AS person, {told} FROM ({sql}) AS told"


def _condition(filter: Filter) -> str:
    known = [spell_literal(each) for each in filter.values if each != ABSENT]
    parts = [f"{filter.dimension} in ({', '.join(known)})"] if known else []
    parts += [f"{filter.dimension} is null"] if ABSENT in filter.values else []
    told = f"({' or '.join(parts)})" if len(parts) > 1 else parts[0]
    if not filter.is_not:
        return told
    # Who has no value at all is not one of those named, whatever SQL makes of it.
    return f"not coalesce({told}, false)"


def spell_literal(value: str) -> str:
    """A value as SQL text. Braces are spelled out: MetricFlow takes them for a template of its own, and runs it."""
    parts = [literal(part) for part in value.split("{")]
    return parts[0] if len(parts) == 1 else f"({' || chr(123) || '.join(parts)})"


def _plain_numbers(frame: pd.DataFrame) -> pd.DataFrame:
    for name in frame.columns:
        column = frame[name]
        if column.dtype == object and any(isinstance(each, Decimal) for each in column):
            is_whole = all(each is None or each == each.to_integral_value() for each in column)
            frame[name] = column.astype(float)
            if is_whole and not frame[name].isna().any():
                frame[name] = frame[name].astype("int64")
    return frame
