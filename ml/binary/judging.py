"""What a stacked model reached on the window that it hadn't seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ml.binary.inputs import Inputs
from ml.binary.scoring import INPUTS, STRONGEST, matrix_of, probabilities, strengths_of
from ml.binary.split import Split
from ml.binary.stacking import Stacked
from ml.contract import Calibration, Evidence, Fitted, Learned
from ml.goals import BinaryPrediction
from ml.metrics import gains, judge_scores, reliability
from ml.plots import calibration_plot, gain_plot, precision_plot, strength_plot
from ml.threads import one_thread

if TYPE_CHECKING:
    from ml.contract import Floats

#: Features that may be given as a reason by a model that can't be taken apart: each costs a prediction a person.
KEPT = 20


def judged(
    meaning: str,
    terms: BinaryPrediction,
    split: Split,
    stacked: Stacked,
    inputs: Inputs,
    usual: Mapping[str, Floats],
    evidence: Evidence,
) -> Learned:
    """The figures of the test window beside those of the rules of thumb (`usual`: their scores there)."""
    test = split.test
    fitted = Fitted(stacked.classifier, inputs.columns, {INPUTS: inputs.told()})
    matrix = matrix_of(fitted, test.rows.frame())
    with one_thread():
        scores = stacked.classifier.predict_proba(matrix)[:, 1]
        strengths = strengths_of(fitted, matrix, scores)

    def judge(other: Fitted) -> Mapping[str, float]:
        return _figures(test.answers, probabilities(other, test.rows.frame()))

    out_of_fold = Calibration(
        np.concatenate([stacked.out_of_fold, scores]), np.concatenate([split.train.answers, test.answers])
    )
    shown = {"model": scores, **usual}
    bins = (
        reliability(out_of_fold.answers, out_of_fold.scores),
        reliability(test.answers, usual[next(iter(usual))]),
    )
    return Learned(
        fitted=Fitted(
            stacked.classifier, inputs.columns, {**fitted.metadata, STRONGEST: list(strengths)[:KEPT]}
        ),
        candidate=" + ".join(f"{weight:.2f} {name}" for name, weight in stacked.weights.items()),
        evidence=evidence,
        metrics=_figures(test.answers, scores),
        baselines={name: _figures(test.answers, each) for name, each in usual.items()},
        judge=judge,
        parameters=_parameters(terms, split, inputs),
        calibration=out_of_fold,
        plots={
            "calibration": lambda: calibration_plot(meaning, *bins),
            "gain": lambda: gain_plot(meaning, test.answers, shown),
            "precision_recall": lambda: precision_plot(meaning, test.answers, shown),
            "strengths": lambda: strength_plot(meaning, strengths),
        },
        tables={
            "strengths": strengths,
            "weights": dict(stacked.weights),
            "left_out": dict(inputs.left_out),
            "silent_windows": {
                f"{cutoff:%Y-%m-%d %H:%M}": str(gap) for cutoff, gap in test.rows.silent.items()
            },
        },
        inputs={name: matrix[name].to_numpy() for name in inputs.columns},
        scores=scores,
    )


def _figures(answers: Floats, scores: Floats) -> dict[str, float]:
    return judge_scores(answers, scores).metrics() | gains(answers, scores)


def _parameters(terms: BinaryPrediction, split: Split, inputs: Inputs) -> dict[str, Any]:
    return {
        "goal": terms.goal.model_dump_json(by_alias=True, exclude_none=True),
        "people": len(np.unique(split.train.rows.profiles)),
        "traits": ", ".join(inputs.categories),
    }
