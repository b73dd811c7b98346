"""The model of agreement: what levels of agreement say for or against two rows being one, learned without labels.

Fellegi and Sunter's model as Splink builds it: `u`, how often two rows that have nothing to do with each other
agree, by sampling pairs; `m`, how often two rows of one entity agree, by expectation maximisation in several
passes, each blind to the field that it blocks on. How likely two rows are one beforehand is learned last: the
share of all pairs that the model itself takes for matches, to which a few rounds converge.
"""

from __future__ import annotations

import logging
import math
import warnings
from collections.abc import Callable, Sequence
from copy import deepcopy
from hashlib import md5
from typing import Any

import duckdb
import numpy as np

from identity.matching.blocking import Pass
from identity.matching.comparisons import Field, comparison, levels
from kith.log import get_logger
from kith.warehouse import literal

log = get_logger(__name__)

SEED = 20_240_229
SAMPLED_PAIRS = 400_000
LONGEST_LESSON = 15
ROUNDS = 20
LEAST_M, LEAST_U = 0.001, 0.000001
UNREASONED = -20.0  # log2 odds below which nobody asks why
M, U = "m_probability", "u_probability"
Model = dict[str, Any]  # as Splink saves it
Progress = Callable[[str], None]


def score_pairs(
    connection: duckdb.DuckDBPyConnection,
    fields: Sequence[Field],
    tables: Sequence[str],
    passes: Sequence[Pass],
    lessons: Sequence[Pass],
    progress: Progress,
) -> str:
    """Learn from the rows of one table, or of two, and leave `scored(left_row, right_row, weight, reason)`:
    every pair that a pass compares, with the log2 odds that it is one entity and what agreed.

    The same rows give the same scores. Answers the version of the model, the hash of its parameters.
    """
    counts = [_rows(connection, table) for table in tables]
    guess = 1.0 / max(2, *counts)
    logging.getLogger("splink").setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        settings = _settings(fields, tables, passes, guess)
        model = _learn(connection, tables, settings, lessons, progress)
        progress("scoring pairs")
        predicted = _linker(connection, tables, model).inference.predict().physical_name
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE scored AS
        SELECT
            unique_id_l AS left_row,
            unique_id_r AS right_row,
            round(match_weight, 6) AS weight,
            CASE WHEN match_weight > {UNREASONED} THEN {_reason(fields)} ELSE '' END AS reason
        FROM {predicted}
        """
    )
    total = counts[0] * counts[1] if len(counts) == 2 else counts[0] * (counts[0] - 1) // 2
    shift = round(_prior_shift(connection, guess, total), 6)
    connection.execute("UPDATE scored SET weight = weight + ?", [shift])
    return _version(model, shift)


def _settings(fields: Sequence[Field], tables: Sequence[str], passes: Sequence[Pass], guess: float) -> Any:
    from splink import SettingsCreator

    return SettingsCreator(
        link_type="dedupe_only" if len(tables) == 1 else "link_only",
        comparisons=[comparison(each) for each in fields],
        blocking_rules_to_generate_predictions=[{"blocking_rule": each.sql} for each in passes],
        probability_two_random_records_match=guess,
        retain_matching_columns=True,
        retain_intermediate_calculation_columns=True,
        max_iterations=LONGEST_LESSON,
        em_convergence=0.001,
        linker_uid="matching",
    )


def _linker(connection: duckdb.DuckDBPyConnection, tables: Sequence[str], settings: Any) -> Any:
    from splink import DuckDBAPI, Linker

    api = DuckDBAPI(connection)
    return Linker([api.register(table) for table in tables], settings, log_level=None)


def _learn(
    connection: duckdb.DuckDBPyConnection,
    tables: Sequence[str],
    settings: Any,
    lessons: Sequence[Pass],
    progress: Progress,
) -> Model:
    """`u` once, then `m` as the mean of what the lessons taught, each begun afresh."""
    progress("learning how often strangers agree")
    linker = _linker(connection, tables, settings)
    linker.training.estimate_u_using_random_sampling(max_pairs=SAMPLED_PAIRS, seed=SEED)
    model: Model = linker.misc.save_model_to_json()
    taught: list[Model] = []
    for number, lesson in enumerate(lessons, 1):
        progress(f"learning how often one entity agrees with itself: pass {number} of {len(lessons)}")
        pupil = _linker(connection, tables, deepcopy(model))
        try:
            pupil.training.estimate_parameters_using_expectation_maximisation(lesson.sql)
        except ValueError:
            # Splink refuses a probability that shrinks below what a double holds; so few pairs teach nothing.
            log.info("a pass taught nothing", extra={"pass_number": number})
            continue
        taught.append(pupil.misc.save_model_to_json())
    for place, each in enumerate(model["comparisons"]):
        _set_m(
            each["comparison_levels"],
            [lesson["comparisons"][place]["comparison_levels"] for lesson in taught],
        )
    return model


def _set_m(levels: list[dict[str, Any]], taught: list[list[dict[str, Any]]]) -> None:
    """The mean over the lessons that saw the field. One blind to it has no `m` for any level."""
    seen = [each for each in taught if any(isinstance(level.get(M), float) for level in each)]
    for place, level in enumerate(levels):
        if level.get("is_null_level"):
            continue
        learned = [each[place].get(M) for each in seen]
        values = [value if isinstance(value, float) else 0.0 for value in learned]
        # Nothing is impossible because it was not seen in a small file.
        level[M] = max(LEAST_M, sum(values) / len(values)) if values else level.get(M, LEAST_M)
        level[U] = max(LEAST_U, level[U]) if isinstance(level.get(U), float) else LEAST_U


def _prior_shift(connection: duckdb.DuckDBPyConnection, guess: float, total: int) -> float:
    """By how much to move all weights so that the prior equals the share of matches among all pairs.

    One half of the update of expectation maximisation; `m` and `u` stay. Never so far that no match is left.
    """
    found = connection.execute(
        "SELECT round(weight, 2) AS weight, count(*) AS n FROM scored GROUP BY ALL ORDER BY ALL"
    ).fetchnumpy()
    weights, counts = np.asarray(found["weight"], dtype=float), np.asarray(found["n"], dtype=float)
    base = math.log2(guess / (1 - guess))
    prior = base
    for _ in range(ROUNDS):
        odds = np.exp2(np.clip(weights + prior - base, -100, 100))
        matches = float(np.sum(counts * odds / (1 + odds)))
        share = min(0.5, max(matches, 1.0) / max(total, 2))
        prior = math.log2(share / (1 - share))
    return prior - base


def _reason(fields: Sequence[Field]) -> str:
    """SQL: `surname exact; date_of_birth one typo`: every field that agrees at all, and how."""
    parts = []
    for field in fields:
        rungs = levels(field)
        cases = " ".join(
            f"WHEN {len(rungs) - place} THEN {literal(f'{field.name} {level.label}')}"
            for place, level in enumerate(rungs)
        )
        parts.append(f"CASE gamma_{field.key} {cases} END")
    return f"concat_ws('; ', {', '.join(parts)})"


def _version(model: Model, shift: float) -> str:
    """Hash of what was learned, to six digits: pairs of one version were judged by one model."""
    learned = [
        [_rounded(level.get(M)), _rounded(level.get(U)), level["sql_condition"]]
        for each in model["comparisons"]
        for level in each["comparison_levels"]
    ]
    return md5(repr((learned, shift)).encode(), usedforsecurity=False).hexdigest()


def _rounded(value: object) -> object:
    return round(value, 6) if isinstance(value, float) else value


def _rows(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(row[0]) if row else 0
