"""Guards against features that know the future. A leak is refused, with the feature's name and the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kith.warehouse import Warehouse, quote
from ml.contract import Lesson, NotTrainable
from ml.features import LABEL, TABLE, FeatureTable
from ml.terms import Recount

if TYPE_CHECKING:
    from ml.contract import Floats

#: One honest column doesn't tell the answer this well.
TOO_GOOD = 0.98

#: Nor this well, if it says nothing at the latest cut-off, where the future isn't known yet.
TOO_GOOD_IF_BLIND = 0.8

#: Profiles whose counts are counted again.
SAMPLE = 500


def refuse_leaks(table: FeatureTable, train: FeatureTable, answers: Floats) -> None:
    """Raise NotTrainable if a feature of `table` shows by its values that it looks past its cut-off. `train` are
    its rows of training with their answers (0 or 1)."""
    _refuse_names(table)
    _refuse_negative_ages(table)
    _refuse_too_good(table, train, answers)


def _refuse_names(table: FeatureTable) -> None:
    for name in table.columns:
        if LABEL in name:
            raise NotTrainable(f"leak: {name} is a label, no feature")


def _refuse_negative_ages(table: FeatureTable) -> None:
    for name in table.columns:
        if name.startswith("days_since_") and (table.column(name) < 0).any():
            raise NotTrainable(f"leak: {name} is negative for some, so it looks past the cut-off")


def _refuse_too_good(table: FeatureTable, train: FeatureTable, answers: Floats) -> None:
    latest = table.cutoffs == table.cutoffs.max()
    for name in table.columns:
        values = train.column(name)
        strength = separation(answers, values)
        if strength >= TOO_GOOD:
            raise NotTrainable(
                f"leak: {name} alone tells the answer (AUC {strength:.3f}, at most {TOO_GOOD})"
            )
        if strength >= TOO_GOOD_IF_BLIND and is_constant(table.column(name)[latest]):
            raise NotTrainable(
                f"leak: {name} tells the answer (AUC {strength:.3f}) but is the same for all at the latest "
                "cut-off, where the future isn't known"
            )


def separation(answers: Floats, values: Floats) -> float:
    """The AUC of one column in its better direction; unknown values count as one value below all others."""
    import numpy as np
    from scipy.stats import rankdata

    finite = np.nan_to_num(values, nan=np.nanmin(values) - 1 if not np.isnan(values).all() else 0.0)
    positive = answers.sum()
    negative = len(answers) - positive
    ranked = rankdata(finite)[answers == 1].sum()
    auc = (ranked - positive * (positive + 1) / 2) / (positive * negative)
    return float(max(auc, 1 - auc))


def is_constant(values: Floats) -> bool:
    """Whether all values are one, or all unknown."""
    import numpy as np

    return bool(np.isnan(values).all() or (values == values[0]).all())


def refuse_counts_beyond_events(lesson: Lesson) -> None:
    """Count again, from the run's events and for a sample of profiles, what the definition's `recount` names.

    Raises NotTrainable when a feature counts more than took effect before its cut-off.
    """
    with Warehouse(lesson.settings) as warehouse:
        warehouse.attach_snapshot(lesson.run.snapshot)
        for feature, recount in lesson.terms.recount.items():
            lesson.run.snapshot.table("events")
            row = next(iter(warehouse.rows(_recount_sql(feature, recount), _parameters(recount))), None)
            if row:
                raise NotTrainable(
                    f"leak: {feature} of profile {row['profile_id']} is {row['counted']:g} at the cut-off "
                    f"{row['cutoff_at']:%Y-%m-%d %H:%M}, with only {row['known']} '{recount.event}' known"
                )


def _parameters(recount: Recount) -> dict[str, object]:
    within = {"within": recount.within} if recount.within else {}
    return {"event": recount.event, **within}


def _recount_sql(feature: str, recount: Recount) -> str:
    since = "AND events.effective_at >= cut.cutoff_at - $within" if recount.within else ""
    return f"""
        WITH sample AS (
            SELECT profile_id FROM {quote(TABLE)} GROUP BY profile_id ORDER BY md5(profile_id) LIMIT {SAMPLE}
        ),

        cut AS (
            SELECT profile_id, cutoff_at, {quote(feature)} AS counted
            FROM {quote(TABLE)}
            WHERE profile_id IN (SELECT profile_id FROM sample) AND {quote(feature)} > 0
        ),

        happened AS (
            SELECT profile_id, effective_at
            FROM events
            WHERE event = $event AND profile_id IN (SELECT profile_id FROM sample)
        )

        SELECT cut.profile_id, cut.cutoff_at, cut.counted, count(events.effective_at) AS known
        FROM cut
        LEFT JOIN happened AS events
            ON events.profile_id = cut.profile_id AND events.effective_at < cut.cutoff_at {since}
        GROUP BY cut.profile_id, cut.cutoff_at, cut.counted
        HAVING cut.counted > known
        ORDER BY cut.cutoff_at, cut.profile_id
        LIMIT 1"""
