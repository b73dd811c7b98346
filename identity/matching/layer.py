"""The optional layer's definition: `activation/definitions/identity/matching.yml`."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, model_validator

from identity.matching.mapping import Column, Mapping
from kith.definitions import Definition, load_definition, read_yaml
from kith.settings import Settings


class MatchingRules(BaseModel):
    """Whether and how merges are proposed. `traits` are keys of the traits of identify events; pairs from
    `listed_from` on are proposals, those from `threshold` on take effect."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = "matching"
    description: str = ""
    enabled: bool = False
    threshold: float = Field(default=0.99, gt=0, lt=1)
    listed_from: float = Field(default=0.5, gt=0, lt=1)
    traits: dict[str, Column] = Field(min_length=2)

    @model_validator(mode="after")
    def _ordered(self) -> MatchingRules:
        if self.listed_from > self.threshold:
            raise ValueError(
                "listed_from is above threshold; expected it below: what takes effect is listed too"
            )
        return self

    @property
    def mapping(self) -> Mapping:
        """The traits as columns to match by."""
        return Mapping(name=self.name, columns=self.traits, threshold=self.listed_from)


def is_layer(path: Path) -> bool:
    """Whether a file says how merges are proposed, and not which identifiers count."""
    document, _ = read_yaml(path)
    return isinstance(document, dict) and "traits" in document and "types" not in document


def load_layer(settings: Settings) -> Definition[MatchingRules] | None:
    """The definition, or None where a workspace has none."""
    path = settings.definitions / "identity" / "matching.yml"
    return load_definition(path, MatchingRules, kind="identity") if path.exists() else None
