"""What a file of recommendations may say beside what every prediction says."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from ml.terms import Duration, Part, Prediction


class Blocked(Part):
    """What nobody is shown, by id and by category."""

    products: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


class RecommendationsPrediction(Prediction):
    """`length` products a person. What was bought is not shown again unless its category is `consumable`."""

    horizon: Duration = timedelta(days=14)
    length: int = Field(default=10, ge=1, le=50)
    consumable: tuple[str, ...] = ()
    blocked: Blocked = Blocked()
    minimum_buyers: int = Field(default=50, ge=1)
