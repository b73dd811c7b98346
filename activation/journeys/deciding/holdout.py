"""Who is held out: of one journey or campaign, or of everything, drawn once as an enrolment begins.

A global holdout is a file of definitions/holdouts. Its `salt` names the draw: with a new one, new people are drawn.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, field_validator

from measurement.assignment import share_sql

KIND = "holdouts"


class GlobalHoldout(BaseModel):
    """The one file of definitions/holdouts: a share of all people whom no marketing message reaches."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = ""
    description: str = ""
    share: float = Field(gt=0, le=0.5)
    salt: str = Field(min_length=1, max_length=64)

    @field_validator("share", mode="before")
    @classmethod
    def _percentage(cls, value: object) -> object:
        text = str(value).strip()
        try:
            return float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            raise ValueError(f"'{value}' is no share: expected a percentage such as 5%") from None

    @field_validator("salt", mode="before")
    @classmethod
    def _text(cls, value: object) -> object:
        return str(value) if isinstance(value, int) else value


def holdout_sql(
    profile_id: str, journey: str, journey_share: str, everywhere: GlobalHoldout | None = None
) -> str:
    """SQL of '', 'journey' or 'global' out of SQL for an entrant's id, the journey's name and its own share."""
    own = share_sql(profile_id, f"('holdout:' || {journey})")
    of_journey = f"CASE WHEN {own} < {journey_share} THEN 'journey' ELSE '' END"
    if everywhere is None:
        return of_journey
    salt = "'" + f"holdout:global:{everywhere.salt}".replace("'", "''") + "'"
    drawn = f"{share_sql(profile_id, salt)} < CAST({everywhere.share!r} AS DOUBLE)"
    return f"CASE WHEN {drawn} THEN 'global' ELSE {of_journey} END"
