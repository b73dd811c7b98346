"""What a file in `definitions/predictions/` says of channels."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field, model_validator

from ml.terms import Duration, Part, Prediction


class Channel(Part):
    """`cost` is that of one message, in the currency of the file."""

    cost: float = Field(ge=0)


class ChannelTerms(Prediction):
    """`value` is what one click is worth in `currency`; the channels named are those that may be chosen. Rows are
    counted in the training and in the test window each, `minimum_by_channel` in the training: a channel used less isn't
    spoken of."""

    horizon: Duration = timedelta(days=3)
    purpose: str = "marketing"
    value: float = Field(gt=0)
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    channels: dict[str, Channel]
    test_days: int = Field(default=28, ge=14)
    minimum_messages: int = Field(default=500, ge=50)
    minimum_clicks: int = Field(default=50, ge=20)
    minimum_by_channel: int = Field(default=100, ge=20)

    @model_validator(mode="after")
    def _leaves_a_choice(self) -> ChannelTerms:
        if len(self.channels) < 2:
            raise ValueError("needs two channels at least: between fewer there is nothing to choose")
        return self
