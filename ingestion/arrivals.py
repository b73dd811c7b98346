"""Great Expectations judges what arrived, before it lands.

The standard suite looks at one row of figures, so its cost does not grow with the batch. Expectations that a
mapping or `ingestion/expectations/<source>.yml` adds look at the events' columns, and only those are read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from ingestion.mapping import Expectation
from ingestion.verdicts import Check
from kith.definitions import load_definition
from kith.errors import KithError

if TYPE_CHECKING:
    import pandas as pd

SUITES = Path(__file__).parent / "expectations"
SET_ASIDE_SHARE = 0.20
NOBODY_SHARE = 0.05
SMALL = 10  # so few odd rows never hold a batch: a share of a handful says nothing
COLLAPSED = 0.2


@dataclass(frozen=True)
class Figures:
    """The one row that the standard suite judges. `volume_ratio` is null without enough history."""

    rows_in: int
    rows_set_aside: int
    rows_nobody: int
    rows_unaccounted: int
    set_aside_share: float
    nobody_share: float
    missing_event_ids: int
    unknown_types: int
    before_1990: int
    after_arrival: int
    volume_ratio: float | None


class Suite(BaseModel):
    """A file of further expectations for one source."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    expectations: list[Expectation] = []


# column, smallest, largest, blocking
STANDARD: tuple[tuple[str, float | None, float | None, bool], ...] = (
    ("rows_in", 1, None, True),
    ("rows_unaccounted", 0, 0, True),
    ("set_aside_share", None, SET_ASIDE_SHARE, True),
    ("nobody_share", None, NOBODY_SHARE, True),
    ("missing_event_ids", None, 0, True),
    ("unknown_types", None, 0, True),
    ("before_1990", None, 0, True),
    ("after_arrival", None, 0, True),
    ("volume_ratio", COLLAPSED, None, True),
)


def suite_of(source: str, folder: Path = SUITES) -> list[Expectation]:
    """The further expectations of a source, if it has a file."""
    path = folder / f"{source}.yml"
    return list(load_definition(path, Suite).body.expectations) if path.exists() else []


def columns_needed(expectations: Sequence[Expectation]) -> list[str]:
    """The columns that further expectations look at: of the event model, or `properties.<name>`."""
    named = [value for each in expectations for key, value in each.with_.items() if key.startswith("column")]
    flat = [name for value in named for name in (value if isinstance(value, list) else [value])]
    return sorted({str(name) for name in flat})


def judge(
    figures: Figures, events: pd.DataFrame | None, expectations: Sequence[Expectation]
) -> tuple[Check, ...]:
    """Run the standard suite over the figures and the further one over the events."""
    import great_expectations as gx
    import pandas as pd

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}  # type: ignore[assignment]
    asset = context.data_sources.add_pandas("arrivals").add_dataframe_asset("batch")
    definition = asset.add_batch_definition_whole_dataframe("whole")
    between: Any = gx.expectations.ExpectColumnValuesToBeBetween  # pyright: ignore[reportPrivateImportUsage]
    frame = pd.DataFrame([asdict(figures)])
    standard = [
        between(column=name, min_value=low, max_value=_bound(figures, name, high))
        for name, low, high, _ in STANDARD
    ]
    blocking = [each[3] for each in STANDARD]
    names = [each[0] for each in STANDARD]
    checks = _run(definition, frame, standard, names, blocking, asdict(figures))
    if expectations and events is not None:
        built = [_build(gx, each) for each in expectations]
        names = [_name(each) for each in expectations]
        checks += _run(definition, events, built, names, [each.blocking for each in expectations], None)
    return tuple(checks)


def _bound(figures: Figures, name: str, high: float | None) -> float | None:
    few = {"set_aside_share": figures.rows_set_aside, "nobody_share": figures.rows_nobody}
    return 1.0 if few.get(name, SMALL + 1) <= SMALL else high


def _run(
    definition: Any, frame: pd.DataFrame, expectations: Sequence[Any], names: Sequence[str],
    blocking: Sequence[bool], figures: Mapping[str, Any] | None,
) -> list[Check]:  # fmt: skip
    from great_expectations import ExpectationSuite

    suite = ExpectationSuite(name="arrivals", expectations=list(expectations))
    batch = definition.get_batch(batch_parameters={"dataframe": frame})
    found = {_key(each.expectation_config): each for each in batch.validate(suite).results}
    checks: list[Check] = []
    for expectation, name, is_blocking in zip(expectations, names, blocking, strict=True):
        result = found[_key(expectation.configuration)]
        observed = {name: figures[name]} if figures is not None else _observed(result)
        checks.append(Check(name, bool(result.success), is_blocking, observed, _asked(expectation)))
    return checks


def _key(configuration: Any) -> str:
    told = {key: value for key, value in configuration.kwargs.items() if key != "batch_id"}
    return f"{configuration.type}:{sorted(told.items(), key=str)}"


def _build(gx: Any, expectation: Expectation) -> Any:
    kind = "".join(part[:1].upper() + part[1:] for part in re.split(r"_+", expectation.expect))
    made = getattr(gx.expectations, kind, None)
    if made is None:
        raise KithError(
            f"Great Expectations has no '{expectation.expect}'", where="expectations",
            expected="a name such as expect_column_values_to_not_be_null",
        )  # fmt: skip
    try:
        return made(**expectation.with_)
    except (ValueError, TypeError) as error:
        raise KithError(
            f"'{expectation.expect}' is told wrongly: {str(error).splitlines()[-1][:160]}",
            where="expectations",
        ) from None


def _name(expectation: Expectation) -> str:
    columns = columns_needed([expectation])
    return f"{expectation.expect.removeprefix('expect_')}({', '.join(columns)})"


def _observed(result: Any) -> dict[str, Any]:
    if result.exception_info and result.exception_info.get("raised_exception"):
        return {"error": str(result.exception_info.get("exception_message"))[:200]}
    told = result.result or {}
    # Never the odd values themselves: they may name a person.
    kept = ("element_count", "unexpected_count", "unexpected_percent", "observed_value")
    return {key: told[key] for key in kept if told.get(key) is not None}


def _asked(expectation: Any) -> dict[str, Any]:
    told = expectation.configuration.kwargs
    return {
        key: value for key, value in told.items() if key not in ("batch_id", "column") and value is not None
    }
