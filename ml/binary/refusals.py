"""When there is too little to learn a yes or no from: refused, with the counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml.contract import NotTrainable

if TYPE_CHECKING:
    from ml.contract import Floats
    from ml.goals import BinaryPrediction


def refuse_too_few(where: str, answers: Floats, terms: BinaryPrediction) -> None:
    """Raise NotTrainable where the known answers (n; 0 or 1) are fewer than the definition asks for."""
    rows, positive = len(answers), int(answers.sum())
    if rows < terms.minimum_rows:
        raise NotTrainable(f"{rows} rows in {where}, at least {terms.minimum_rows} are needed")
    if min(positive, rows - positive) < terms.minimum_of_each_answer:
        raise NotTrainable(
            f"{positive} yes and {rows - positive} no in {where}, "
            f"at least {terms.minimum_of_each_answer} of each are needed"
        )
