"""What a file in `definitions/predictions/` says of send times."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from ml.terms import Duration, Prediction


class SendTimeTerms(Prediction):
    """`horizon` is how long an answer may take, `channel` the one whose chances are told (that of most messages,
    unless stated). Rows are counted in the training and in the test window each."""

    horizon: Duration = timedelta(days=3)
    purpose: str = "marketing"
    channel: str | None = None
    test_days: int = Field(default=42, ge=14)
    minimum_messages: int = Field(default=500, ge=50)
    minimum_answers: int = Field(default=100, ge=20)
