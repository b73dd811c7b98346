"""The predictions that are defined: a file in `definitions/predictions/` names a model and its terms."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict

from kith.definitions import Definition, definition_files, load_definition
from kith.errors import KithError
from kith.registry import plugin, plugin_names
from kith.settings import Settings
from ml.contract import Model
from ml.terms import Part, Prediction

KIND = "predictions"
MODELS = "ml.models"


class _Heading(Part):
    """What tells which class reads the rest."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    model: str


def find_model(name: str) -> Model:
    """The model file of a name."""
    return plugin(MODELS, name, Model)


def load_predictions(settings: Settings) -> list[Definition[Prediction]]:
    """All predictions, by file; two of one name are an error."""
    found: dict[str, Definition[Prediction]] = {}
    for path in definition_files(settings, KIND):
        definition = load_prediction(path)
        if definition.name in found:
            first = found[definition.name].path.name
            raise definition.error(f"{KIND} has another '{definition.name}' in {first}", ("name",))
        found[definition.name] = definition
    return list(found.values())


def load_prediction(path: Any) -> Definition[Any]:
    """One file, read by the class that its model names as its terms."""
    heading = load_definition(path, _Heading, KIND)
    if heading.body.model not in plugin_names(MODELS):
        known = ", ".join(plugin_names(MODELS))
        raise heading.error(
            f"there is no model '{heading.body.model}'", ("model",), expected=f"one of {known}"
        )
    return load_definition(path, find_model(heading.body.model).terms, KIND)


def find_prediction(settings: Settings, name: str) -> Definition[Prediction]:
    """One prediction, or an error that lists those that are defined."""
    found = {definition.name: definition for definition in load_predictions(settings)}
    if name not in found:
        raise KithError(
            f"there is no prediction '{name}'",
            where=str(settings.definitions / KIND),
            expected="one of " + ", ".join(found) if found else "a file there",
        )
    return found[name]
