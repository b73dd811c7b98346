"""Letting a campaign or journey go live: the `state:` line of its file, and nothing else of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from activation.journeys.controls import controls, standing
from activation.journeys.linting import Severity, lint
from activation.journeys.programme import CAMPAIGNS, JOURNEYS
from activation.journeys.telling import tell
from kith.definitions import definition_files, read_yaml
from kith.durable import exclusive, write_durably
from kith.errors import KithError
from kith.lake import Home
from kith.settings import Settings

LIVE = "live"
_STATE = re.compile(r"^state:[ \t]*(?P<state>\w+)(?P<rest>[ \t]*(?:#.*)?)$", re.MULTILINE)


@dataclass(frozen=True)
class Launched:
    """`was` is the state before; `told` what was lifted besides (a pause or stop that was told), or ''."""

    name: str
    kind: str
    was: str
    state: str
    told: str = ""


def launch(settings: Settings, name: str, by: str, now: datetime) -> Launched:
    """Write `state: live` into the file of `name`, and lift a pause or stop that was told.

    Raises KithError for an unknown name, for what lint finds an error in, and where nothing would change.
    """
    path, kind = _file_of(settings, name)
    _refuse_faulty(settings, path)
    with exclusive(Home(settings.home).locks / f"editing-{kind}"):
        was = _write_state(path, f"{kind}/{path.name}")
    told = _lift(settings, name, by, now)
    if was == LIVE and not told:
        raise KithError(f"{name} is live already")
    return Launched(name, kind.removesuffix("s"), was, LIVE, told)


def _write_state(path: Path, where: str) -> str:
    text = path.read_bytes().decode()
    found = _STATE.search(text)
    if found is None:
        raise KithError("has no line 'state: …' of its own", where=where, way_out="add one")
    if found["state"] != LIVE:
        write_durably(path, f"{text[: found.start('state')]}{LIVE}{text[found.end('state') :]}".encode())
    return found["state"]


def _lift(settings: Settings, name: str, by: str, now: datetime) -> str:
    word = standing(controls(Home(settings.home)), name)
    if word not in ("pause", "stop"):
        return ""
    tell(settings, name, "start", by, now)
    return str(word)


def _file_of(settings: Settings, name: str) -> tuple[Path, str]:
    known: list[str] = []
    for kind in (CAMPAIGNS, JOURNEYS):
        for path in definition_files(settings, kind):
            document, _ = read_yaml(path)
            called = document.get("name", path.stem) if isinstance(document, dict) else path.stem
            if called == name:
                return path, kind
            known.append(str(called))
    raise KithError(f"there is no campaign or journey {name}", expected=", ".join(sorted(known)))


def _refuse_faulty(settings: Settings, path: Path) -> None:
    faults = [each for each in lint(settings, [path]) if each.severity is Severity.ERROR]
    if faults:
        raise KithError(faults[0].problem, where=faults[0].where, way_out=faults[0].way_out or None)
