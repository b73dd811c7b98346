"""Learning one yes or no from a table of features: split by time, refuse leaks, fit, judge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kith.times import from_utc_naive
from ml.binary.recipe import Recipe
from ml.binary.split import Split, Window, split_by_time
from ml.contract import Calibration, Evidence, Fitted, Learned
from ml.features import FeatureTable
from ml.hashing import hash_of
from ml.leaks import refuse_leaks
from ml.terms import FeaturePrediction

if TYPE_CHECKING:
    from ml.binary.fitting import Choice

#: Features that may be given as a reason: the strongest ones. Each costs a prediction per person.
REASON_FEATURES = 20


def learn_from(
    recipe: Recipe,
    table: FeatureTable,
    terms: FeaturePrediction,
    seed: int,
    advance: Callable[[float], None] = lambda share: None,
) -> Learned:
    """Learn with the latest known window as the test.

    Raises NotTrainable, with counts, where too little is known or a feature leaks. scikit-learn is imported
    only after those checks.
    """
    split = split_by_time(table, recipe.answers(table.label), terms)
    refuse_leaks(table, split.train.rows, split.train.answers)
    import numpy as np

    from ml.binary.fitting import fit_baseline, fit_binary, probabilities
    from ml.binary.importance import importances
    from ml.metrics import judge_scores, reliability
    from ml.plots import calibration_plot

    choice = fit_binary(recipe, split, seed, advance)
    test = split.test
    usual = fit_baseline(recipe, split)

    def judge(fitted: Fitted) -> Mapping[str, float]:
        return judge_scores(
            test.answers, probabilities(fitted.artefact, test.rows.frame(fitted.columns))
        ).metrics()

    columns = split.train.rows.columns
    scores = probabilities(choice.classifier, test.rows.frame(columns))
    ranked = importances(choice.classifier, test, columns, seed)
    out_of_fold = Calibration(
        np.concatenate([choice.crossed_scores, scores]),
        np.concatenate([split.calibrate.answers, test.answers]),
    )
    bins = (reliability(out_of_fold.answers, out_of_fold.scores), reliability(test.answers, usual))
    return Learned(
        fitted=Fitted(choice.classifier, columns, _metadata(ranked)),
        candidate=f"{choice.candidate} {choice.calibration}",
        evidence=_evidence(split),
        metrics=judge_scores(test.answers, scores).metrics(),
        baselines={recipe.baseline_feature: judge_scores(test.answers, usual).metrics()},
        judge=judge,
        parameters=_parameters(split, choice),
        calibration=out_of_fold,
        plots={"calibration": lambda: calibration_plot(recipe.meaning, *bins)},
        tables={"importances": ranked, "choice": dict(choice.log_losses)},
    )


def _metadata(ranked: Mapping[str, float]) -> dict[str, Any]:
    return {"reason_features": [name for name, gain in ranked.items() if gain > 0][:REASON_FEATURES]}


def _parameters(split: Split, choice: Choice) -> dict[str, Any]:
    return {"calibration": choice.calibration, "calibration_rows": len(split.calibrate.rows)}


def _evidence(split: Split) -> Evidence:
    import numpy as np

    train = split.train
    return Evidence(
        train_cutoffs=[_instant(each) for each in np.unique(train.rows.cutoffs)],
        test_cutoff=_instant(split.test_cutoff),
        train_rows=len(train.rows),
        test_rows=len(split.test.rows),
        data_hash=_hash(train),
    )


def _hash(train: Window) -> str:
    rows = train.rows
    return hash_of(
        rows.profiles, rows.cutoffs.astype("int64"), list(rows.columns), rows.values, train.answers
    )


def _instant(cutoff: Any) -> datetime:
    return from_utc_naive(cutoff.astype("datetime64[us]").item())
