"""The journeys' files, as the list shows them: what each is, whether it is live, and what is the matter with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboards.canvas.sketch import entry_in_words
from kith.definitions import Definition, definition_files, load_definition
from kith.errors import KithError
from kith.lake import Home
from kith.settings import Settings

KIND = "journeys"
_TOLD = {"pause": "paused", "stop": "stopped"}


@dataclass(frozen=True)
class Listed:
    """One file. `state` is draft, live, paused, stopped, part or broken; `trouble` what makes it broken."""

    name: str
    stem: str
    state: str
    who: str = ""
    description: str = ""
    version: str = ""
    trouble: str = ""


def roster(settings: Settings) -> list[Listed]:
    """Every file, broken ones too, by name."""
    from activation.journeys.controls import controls, standing
    from activation.journeys.language.journey import JourneyBody

    told = controls(Home(settings.home))
    bodies: dict[str, Definition[Any]] = {}
    broken: list[Listed] = []
    for path in definition_files(settings, KIND):
        try:
            found = load_definition(path, JourneyBody, kind=KIND)
            bodies[found.name] = found
        except KithError as error:
            broken.append(Listed(path.stem, path.stem, "broken", trouble=str(error)))
    rows = [_listed(each, bodies, settings, standing(told, name)) for name, each in bodies.items()]
    return sorted([*rows, *broken], key=lambda each: (each.state == "part", each.name))


def _listed(
    found: Definition[Any], bodies: Mapping[str, Definition[Any]], settings: Settings, told: str
) -> Listed:
    body, version, trouble = found.body, found.version, ""
    state = "part" if body.enter is None else str(body.state)
    if body.enter is not None:
        try:
            version = _version(found, bodies, settings)
        except KithError as error:
            trouble = str(error)
    if state == "live":
        state = _TOLD.get(told, state)
    who = entry_in_words(found.document.get("enter"))
    return Listed(found.name, found.path.stem, state, who, body.description.strip(), version, trouble)


def _version(found: Definition[Any], bodies: Mapping[str, Definition[Any]], settings: Settings) -> str:
    from activation.journeys.language.compilation import compile_journey

    return compile_journey(found, settings.zone, (), bodies).version
