"""Features as of their cut-offs, read from `feat_profile__activity` of a run.

dbt builds that table, one row per profile and cut-off; a feature knows only what took effect before its
cut-off, and columns that end in `_label` what came after it. Every other numeric or boolean column is a feature:
adding one in dbt is enough. The answers of a goal are counted from the events (`ml/answers.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from kith.errors import KithError
from kith.times import to_utc_naive
from kith.warehouse import Warehouse, quote
from measurement.assignment import share_sql
from ml.answers import happened_sql, silences, traits_sql
from ml.contract import Lesson
from ml.goals import BinaryPrediction
from ml.terms import Bounds

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from ml.contract import Floats

TABLE = "feat_profile__activity"
KEYS = ("profile_id", "cutoff_at")
LABEL = "_label"
_NUMBERS = (
    "BIGINT",
    "INTEGER",
    "SMALLINT",
    "TINYINT",
    "HUGEINT",
    "DOUBLE",
    "FLOAT",
    "BOOLEAN",
    "DECIMAL",
    "U",
)

#: An order that came without any id is a profile of its own, `order:<id>`. Nobody can come back as that, so
#: to learn from it would make leaving look easy to foresee (Online Retail: AUC 0.84 with them, 0.72 without).
_IS_SOMEBODY = """
    profile_id NOT IN (
        SELECT profile_id
        FROM identities
        GROUP BY profile_id
        HAVING bool_and(identifier_type = 'anonymous_id' AND identifier_value LIKE 'order:%')
    )"""


@dataclass(frozen=True)
class FeatureTable:
    """n rows in order of cut-off and profile. `values` is n × columns (NaN: unknown), `label` n answers (0, 1 or NaN),
    `before` whether the same came in as long a time before the cut-off. `traits` are texts (n) by name; `silent`
    holds the cut-offs whose answers are unknown since the log was silent for so long."""

    profiles: Any
    cutoffs: Any
    columns: tuple[str, ...]
    values: Floats
    label: Floats
    before: Floats | None = None
    traits: Mapping[str, Any] = field(default_factory=dict)
    silent: Mapping[datetime, timedelta] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.profiles)

    def column(self, name: str) -> Floats:
        """The values of one feature."""
        if name not in self.columns:
            raise KithError(f"{TABLE} has no feature {name}", expected=", ".join(self.columns))
        return self.values[:, self.columns.index(name)]

    def take(self, mask: np.ndarray) -> FeatureTable:
        """The rows that a boolean mask chooses."""
        return FeatureTable(
            self.profiles[mask],
            self.cutoffs[mask],
            self.columns,
            self.values[mask],
            self.label[mask],
            None if self.before is None else self.before[mask],
            {name: told[mask] for name, told in self.traits.items()},
            self.silent,
        )

    def frame(self, columns: tuple[str, ...] | None = None) -> pd.DataFrame:
        """The features as a data frame: numbers, then traits; or those asked for, in that order."""
        import pandas as pd

        numbers = pd.DataFrame(self.values, columns=list(self.columns))
        every = numbers.assign(
            **{name: pd.Series(told, dtype="object") for name, told in self.traits.items()}
        )
        return every if columns is None else every[list(columns)]


def read_features(lesson: Lesson, *, at: datetime | None = None) -> FeatureTable:
    """The population's rows, orders without a person left out: all cut-offs up to `lesson.as_of`, or the one `at`.

    Answers are known whose window was over by `lesson.as_of`. Above `maximum_rows` a stable sample of profiles
    is taken, except for one cut-off, which is complete.
    """
    terms, run = lesson.terms, lesson.run
    with Warehouse(lesson.settings) as warehouse:
        warehouse.attach_snapshot(run.snapshot)
        run.snapshot.table(TABLE)
        run.snapshot.table("events")
        columns = _columns(warehouse, lesson)
        where, parameters = _conditions(terms, at, lesson.as_of)
        sampled = "" if at else _sample(warehouse, terms, where, parameters)
        rows = warehouse.arrow(*_query(terms, columns, where + sampled, parameters, lesson.as_of))
        cutoffs = rows["cutoff_at"].unique().to_pylist()
        silent = {} if at or terms.goal.trait else silences(warehouse, terms, cutoffs, lesson.as_of)
    return _from_arrow(rows, columns, terms, lesson.as_of, silent)


def _columns(warehouse: Warehouse, lesson: Lesson) -> tuple[str, ...]:
    """The features, found by their type; what the definition names must be there too."""
    types = {row["column_name"]: row["column_type"] for row in warehouse.rows(f"DESCRIBE {quote(TABLE)}")}
    terms, definition = lesson.terms, lesson.definition
    for field_name in ("population", "leave_out", "recount"):
        for number, name in enumerate(getattr(terms, field_name)):
            if name not in types:
                place = number if field_name == "leave_out" else name
                known = ", ".join(each for each, kind in types.items() if is_feature(each, kind))
                raise definition.error(f"{TABLE} has no column {name}", (field_name, place), expected=known)
    left_out = set(terms.leave_out)
    return tuple(name for name, kind in types.items() if is_feature(name, kind) and name not in left_out)


def is_feature(name: str, kind: str) -> bool:
    """Whether a column may be learned from: numeric, no key, nothing that tells what came after."""
    told = name.endswith(LABEL) or "label" in name.split("_")
    return kind.startswith(_NUMBERS) and name not in KEYS and not told


def _conditions(body: BinaryPrediction, at: datetime | None, as_of: datetime) -> tuple[str, dict[str, Any]]:
    conditions = [f"cutoff_at {'=' if at else '<='} $moment", _IS_SOMEBODY]
    parameters: dict[str, Any] = {"moment": to_utc_naive(at or as_of)}
    for number, (column, bounds) in enumerate(body.population.items()):
        conditions += _bound(column, bounds, number, parameters)
    return " AND ".join(conditions), parameters


def _bound(column: str, bounds: Bounds, number: int, parameters: dict[str, Any]) -> list[str]:
    found = []
    for sign, value, name in ((">=", bounds.at_least, "low"), ("<=", bounds.at_most, "high")):
        if value is not None:
            parameters[f"{name}{number}"] = value
            found.append(f"CAST({quote(column)} AS DOUBLE) {sign} ${name}{number}")
    return found


def _sample(warehouse: Warehouse, body: BinaryPrediction, where: str, parameters: dict[str, Any]) -> str:
    count = warehouse.value(f"SELECT count(*) FROM {quote(TABLE)} WHERE {where}", parameters)
    if count <= body.maximum_rows:
        return ""
    return f" AND {share_sql('profile_id', repr('training sample'))} < {body.maximum_rows / count!r}"


def _query(
    body: BinaryPrediction, columns: tuple[str, ...], where: str, parameters: dict[str, Any], until: datetime
) -> tuple[str, dict[str, Any]]:
    """Infinities become NULL: they come of divisions and mean as little."""
    window = {} if body.goal.trait else {"horizon": body.horizon}
    asked = {**parameters, **window, "until": to_utc_naive(until)}
    finite = "CASE WHEN isfinite(CAST(chosen.{0} AS DOUBLE)) THEN CAST(chosen.{0} AS DOUBLE) END AS {0}"
    numbers = "".join(f", {finite.format(quote(name))}" for name in columns)
    told, join, with_traits = "", "", ""
    if body.traits:
        told = "".join(f", told.trait_{number}" for number in range(len(body.traits)))
        join = "LEFT JOIN told ON told.profile_id = chosen.profile_id AND told.cutoff_at = chosen.cutoff_at"
        with_traits = f", told AS ({traits_sql(body.traits, asked)})"
    sql = f"""
        WITH chosen AS (SELECT * FROM {quote(TABLE)} WHERE {where}),
        cuts AS (SELECT DISTINCT cutoff_at FROM chosen),
        happened AS ({happened_sql(body.goal, asked)}){with_traits}
        SELECT
            chosen.profile_id,
            chosen.cutoff_at,
            {_otherwise("ahead", body)} AS ahead,
            {_otherwise("before", body)} AS before{told}{numbers}
        FROM chosen
        LEFT JOIN happened
            ON happened.profile_id = chosen.profile_id AND happened.cutoff_at = chosen.cutoff_at
        {join}
        ORDER BY chosen.cutoff_at, chosen.profile_id"""
    return sql, asked


def _otherwise(name: str, body: BinaryPrediction) -> str:
    """Who did nothing didn't do it; who told nothing of a trait is unknown."""
    return f"happened.{name}" if body.goal.trait else f"coalesce(happened.{name}, false)"


def _from_arrow(
    rows: Any,
    columns: tuple[str, ...],
    body: BinaryPrediction,
    until: datetime,
    silent: Mapping[datetime, timedelta],
) -> FeatureTable:
    import numpy as np

    cutoffs = rows["cutoff_at"].to_numpy().astype("datetime64[us]")
    values = (
        np.column_stack([rows[name].to_numpy() for name in columns]) if columns else np.empty((len(rows), 0))
    )
    ahead, before = (rows[name].cast("float64").to_numpy() for name in ("ahead", "before"))
    is_known = cutoffs + np.timedelta64(body.horizon) <= np.datetime64(to_utc_naive(until))
    is_known |= body.goal.trait is not None
    is_known &= ~np.isin(cutoffs, np.array(list(silent), dtype="datetime64[us]"))
    answers = 1 - ahead if body.goal.no_event else ahead
    return FeatureTable(
        rows["profile_id"].to_numpy(zero_copy_only=False),
        cutoffs,
        columns,
        _rounded(values),
        np.where(is_known, answers, np.nan),
        1 - before if body.goal.no_event else before,
        {
            name: rows[f"trait_{number}"].to_numpy(zero_copy_only=False)
            for number, name in enumerate(body.traits)
        },
        silent,
    )


def _rounded(values: Floats) -> Floats:
    """To 24 bits: the last ones of a sum hang on the order in which threads added it, and ties of trees on those."""
    import numpy as np

    return values.astype(np.float32).astype(np.float64)
