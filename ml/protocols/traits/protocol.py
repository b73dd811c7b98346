"""A protocol on one public table: the definition of a trait, folds, and the figures to reach."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from kith.definitions import load_definition
from ml.goals import BinaryPrediction
from ml.protocols.contract import Check, Findings, Protocol
from ml.traits.evaluation import REPEATS, SPLITS, Question, TraitQuality, evaluate_trait, question_of
from ml.traits.tables import read_table

SEED = 0
CALIBRATION_ERROR_AT_MOST = 0.02
FIGURES = ("auc", "pr_auc", "log_loss", "brier", "lift_at_10")


@dataclass(frozen=True)
class TraitProtocol:
    """`definition` is a file of the grammar of custom predictions; `leaks` are the columns that must be flagged, and
    no other may be."""

    meaning: str
    file: str
    definition: Path
    auc_at_least: float
    leaks: Collection[str] = ()

    def protocol(self) -> Protocol:
        """As the life cycle knows protocols."""
        return Protocol(self.meaning, self.file, SPLITS * REPEATS, self.evaluate)

    def evaluate(self, file: Path, advance: Callable[[float], None]) -> Findings:
        """Five times five stratified folds, seed 0."""
        question = question_of(load_definition(self.definition, BinaryPrediction).body, read_table(file))
        return self.findings(question, evaluate_trait(question, SEED, advance=advance))

    def findings(self, question: Question, found: TraitQuality) -> Findings:
        """The figures with what each has to be."""
        flagged = sorted(each.column for each in question.strangers)
        worst = max(found.calibration_errors)
        wanted = (
            f"at most {CALIBRATION_ERROR_AT_MOST:g} in ten bins of equally many, each repeat, out of fold"
        )
        usual = found.baseline("auc")
        checks = [
            Check(
                "AUC, mean of folds",
                found.mean("auc"),
                f"at least {self.auc_at_least:g}",
                found.mean("auc") >= self.auc_at_least,
            ),
            Check(
                "calibration error, greatest of repeats", worst, wanted, worst <= CALIBRATION_ERROR_AT_MOST
            ),
            Check(
                "AUC over the best single column",
                found.mean("auc") - usual,
                "above 0",
                found.mean("auc") > usual,
            ),
            Check(
                "columns flagged as leaks",
                len(flagged),
                f"exactly {sorted(self.leaks)}",
                flagged == sorted(self.leaks),
            ),
        ]
        return Findings(
            checks, _figures(question, found), {"folds": _folds(found), "flagged": _flagged(question)}
        )


def _figures(question: Question, found: TraitQuality) -> dict[str, object]:
    figures: dict[str, object] = {
        "rows": len(question.answers),
        "base_rate": float(question.answers.mean()),
        "columns": len(question.inputs.columns),
        "left_out": dict(question.inputs.left_out),
    }
    for name in FIGURES:
        figures |= {f"{name}_mean": found.mean(name), f"{name}_sd": found.deviation(name)}
        figures[f"baseline_{name}_mean"] = found.baseline(name)
    figures["baseline_columns"] = sorted({each.column for each in found.folds})
    figures["calibration_error_mean"] = sum(found.calibration_errors) / len(found.calibration_errors)
    return figures


def _folds(found: TraitQuality) -> list[dict[str, object]]:
    return [
        {
            "repeat": each.repeat,
            "rows": each.quality.rows,
            "auc": each.quality.auc,
            "log_loss": each.quality.log_loss,
            "baseline_auc": each.baseline.auc,
            "baseline_column": each.column,
            **{f"weight_{name}": weight for name, weight in each.weights.items()},
        }
        for each in found.folds
    ]


def _flagged(question: Question) -> list[dict[str, object]]:
    return [{**vars(each), "why": str(each)} for each in question.strangers]
