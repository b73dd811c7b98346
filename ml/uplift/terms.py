"""What the file of an uplift prediction may say."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from ml.terms import Duration, Prediction


class UpliftPrediction(Prediction):
    """`horizon`: an order within this time of an assignment is its outcome. The least counts are per arm, in the
    campaigns learned from and in those judged on."""

    horizon: Duration = timedelta(days=7)
    minimum_assignments: int = Field(default=500, ge=10)
    minimum_of_each_answer: int = Field(default=50, ge=2)

    @property
    def horizon_days(self) -> float:
        """The horizon in days."""
        return self.horizon / timedelta(days=1)
