"""The copy that a simulation lives in: the home, its world, and the definitions with one more that is live."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import yaml

from kith.durable import write_durably
from kith.errors import KithError
from kith.settings import Settings
from kith.times import format_instant, parse_instant
from sandbox.calendar import DAY_HOURS, to_hour
from sandbox.settings import SandboxSettings
from sandbox.world import SHAPE, Shape, World

#: Never changed once written: a link is as good as a copy.
_WRITTEN_ONCE = (".parquet",)
_LEFT_OUT = shutil.ignore_patterns("replays", "logs", "*.lock")
_STATE = re.compile(r"(?m)^state:.*$")
_LAUNCH = re.compile(r"(?m)^(?P<before>\s*launch_at:\s*|.*\blaunch_at:\s*)(?P<at>[\d:T.Z+-]+)")


@dataclass(frozen=True)
class Copied:
    """`home` and `definitions` for the platform, `sandbox` for its world; `is_moved`: the launch was put to now."""

    home: Path
    definitions: Path
    sandbox: SandboxSettings
    name: str
    is_moved: bool


def copy_world(
    platform: Settings, sandbox: SandboxSettings, file: Path, folder: Path, now: datetime, days: int
) -> Copied:
    """Everything that the next days need, below `folder`. KithError without a world, or a definition."""
    if World.open(sandbox.state) is None:
        raise KithError("there is no world here", where=str(sandbox.home), way_out="run 'kith sandbox demo'")
    home, world = folder / "data", sandbox.model_copy(update={"home": folder / "sandbox", "smtp_port": 0})
    shutil.copytree(platform.home, home, copy_function=_linked, ignore=_LEFT_OUT, symlinks=True)
    shutil.copytree(sandbox.home, world.home, copy_function=_linked, ignore=shutil.ignore_patterns("mail"))
    extend(world.state, now, days)
    definitions = folder / "definitions"
    shutil.copytree(platform.definitions, definitions)
    name, is_moved = make_live(file, definitions, now, days)
    return Copied(home, definitions, world, name, is_moved)


def extend(state: Path, now: datetime, days: int) -> None:
    """A world that ends too early lives on for as long as is asked."""
    shape = Shape(**orjson.loads((state / SHAPE).read_bytes()))
    wanted = -(-(to_hour(now) + 1 - shape.calendar.launch_hour) // DAY_HOURS) + days + 1
    if wanted > shape.live_days:
        write_durably(state / SHAPE, orjson.dumps(asdict(replace(shape, live_days=wanted))))


def make_live(file: Path, definitions: Path, now: datetime, days: int) -> tuple[str, bool]:
    """The definition of a file among the others, live; a launch that lies outside of the days is put to their beginning.
    Answers its name and whether it was."""
    text = file.read_text(encoding="utf-8")
    document = _read(file, text)
    name = str(document.get("name", file.stem))
    text = _STATE.sub("state: live", text) if _STATE.search(text) else f"{text.rstrip()}\nstate: live\n"
    text, is_moved = _launched(text, now, days)
    kind = definitions / ("journeys" if "steps" in document else "campaigns")
    kind.mkdir(exist_ok=True)
    for other in [*(definitions / "journeys").glob("*.yml"), *(definitions / "campaigns").glob("*.yml")]:
        if other.stem == name:
            other.unlink()
    (kind / f"{name}.yml").write_text(text, encoding="utf-8")
    return name, is_moved


def _read(file: Path, text: str) -> dict[str, Any]:
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise KithError(f"no valid YAML: {error}", where=str(file)) from None
    if not isinstance(document, dict):
        raise KithError("holds no mapping", where=str(file), expected="a journey or a campaign")
    return document


def _launched(text: str, now: datetime, days: int) -> tuple[str, bool]:
    found = _LAUNCH.search(text)
    if found is None:
        return text, False
    at = parse_instant(found["at"])
    if now < at <= now + timedelta(days=days):
        return text, False
    soon = format_instant(now.replace(second=0, microsecond=0) + timedelta(minutes=1))
    return text[: found.start("at")] + soon + text[found.end("at") :], True


def _linked(source: str, target: str) -> str:
    if source.endswith(_WRITTEN_ONCE):
        try:
            os.link(source, target)
        except OSError:
            pass  # another disk
        else:
            return target
    return str(shutil.copy2(source, target))
