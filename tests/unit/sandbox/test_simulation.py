"""The copy that a simulation lives in: everything that changes is copied, the definition is live, the world goes on."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
import yaml

from kith.errors import KithError
from kith.settings import Settings
from sandbox.calendar import LAUNCH
from sandbox.settings import SandboxSettings
from sandbox.simulation import simulate
from sandbox.simulation.copying import copy_world, extend, make_live
from sandbox.world import SHAPE, Shape, World

NOW = LAUNCH + timedelta(days=1)
JOURNEY = "name: hello\nstate: draft\nenter: {event: Signed Up}\nsteps: [{wait: 1h}]\n"
CAMPAIGN = "name: hello\nto: everybody\nlaunch_at: 2026-05-01T08:00\nsend: t\n"


@pytest.fixture
def definitions(tmp_path: Path) -> Path:
    folder = tmp_path / "definitions"
    for kind in ("journeys", "campaigns"):
        (folder / kind).mkdir(parents=True)
    (folder / "campaigns" / "hello.yml").write_text(
        "name: hello\nstate: live\nto: nobody\n", encoding="utf-8"
    )
    return folder


@pytest.fixture
def made(tmp_path: Path) -> SandboxSettings:
    """A world on file, of which nothing has been lived."""
    sandbox = SandboxSettings(home=tmp_path / "sandbox", people=20, days=2, live_days=1)
    World(Shape(people=20, days=2, live_days=1)).save(sandbox.state)
    return sandbox


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.yml"
    path.write_text(text, encoding="utf-8")
    return path


def test_definition__is_live_among_the_others_and_takes_the_place_of_its_name(
    tmp_path: Path, definitions: Path
) -> None:
    assert make_live(written(tmp_path, JOURNEY), definitions, NOW, 3) == ("hello", False)
    assert [each.name for each in definitions.rglob("*.yml")] == ["hello.yml"]
    assert yaml.safe_load((definitions / "journeys" / "hello.yml").read_text())["state"] == "live"


def test_definition__without_a_state_or_a_name_gets_them(tmp_path: Path, definitions: Path) -> None:
    name, _ = make_live(
        written(tmp_path, "enter: {event: Signed Up}\nsteps: [{wait: 1h}]\n"), definitions, NOW, 3
    )
    found = yaml.safe_load((definitions / "journeys" / "mine.yml").read_text())
    assert (name, found["state"]) == ("mine", "live")


@pytest.mark.parametrize(
    ("at", "is_moved"),
    [
        ("2026-05-01T08:00", True),
        ("2026-05-03T08:00", False),
        ("2026-05-05T08:00", False),
        ("2026-05-06T08:00", True),
    ],
)
def test_definition__whose_launch_lies_outside_of_the_days_begins_with_them(
    tmp_path: Path, definitions: Path, at: str, is_moved: bool
) -> None:
    file = written(tmp_path, CAMPAIGN.replace("2026-05-01T08:00", at))
    assert make_live(file, definitions, NOW, 3)[1] == is_moved
    told = yaml.safe_load((definitions / "campaigns" / "hello.yml").read_text())["launch_at"]
    found = told if isinstance(told, datetime) else datetime.fromisoformat(str(told))
    wanted = NOW + timedelta(minutes=1) if is_moved else datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert found.replace(tzinfo=UTC) == wanted


def test_definition__that_is_none_is_refused(tmp_path: Path, definitions: Path) -> None:
    for text in ("[1, 2]", "name: [", "just words"):
        with pytest.raises(KithError) as refusal:
            make_live(written(tmp_path, text), definitions, NOW, 3)
        assert "mine.yml" in str(refusal.value.where)


def test_world__that_would_end_goes_on(made: SandboxSettings) -> None:
    extend(made.state, NOW, days=5)
    world = World.open(made.state)
    assert world is not None
    assert NOW + timedelta(days=5) < LAUNCH + timedelta(days=world.shape.live_days)
    assert world.shape.people == 20


def test_world__that_lasts_stays_as_it_is(made: SandboxSettings) -> None:
    (made.state / SHAPE).write_bytes(orjson.dumps({"seed": 7, "people": 20, "days": 2, "live_days": 90}))
    extend(made.state, NOW, days=5)
    assert orjson.loads((made.state / SHAPE).read_bytes())["live_days"] == 90


def test_copy__leaves_the_home_as_it_is(
    settings: Settings, made: SandboxSettings, tmp_path: Path, definitions: Path
) -> None:
    (settings.home / "state.txt").write_text("before", encoding="utf-8")
    (settings.home / "rows.parquet").write_bytes(b"rows")
    platform = settings.model_copy(update={"definitions": definitions})
    copied = copy_world(platform, made, written(tmp_path, JOURNEY), tmp_path / "copy", NOW, 2)
    (copied.home / "state.txt").write_text("after", encoding="utf-8")
    extend(copied.sandbox.state, NOW, 50)
    assert (settings.home / "state.txt").read_text() == "before"
    assert os.path.samefile(settings.home / "rows.parquet", copied.home / "rows.parquet")
    assert orjson.loads((made.state / SHAPE).read_bytes())["live_days"] == 1
    assert (definitions / "campaigns" / "hello.yml").exists()


def test_simulation__needs_a_world_and_its_clock(
    settings: Settings, made: SandboxSettings, tmp_path: Path
) -> None:
    file = written(tmp_path, JOURNEY)
    with pytest.raises(KithError, match="no virtual clock"):
        simulate(settings, made, file, days=1)
    settings.clock_file.write_text(NOW.isoformat(), encoding="utf-8")
    with pytest.raises(KithError, match="don't divide"):
        simulate(settings, made, file, days=1, run_every=5)
    with pytest.raises(KithError, match="no world here"):
        simulate(settings, SandboxSettings(home=tmp_path / "nowhere"), file, days=1)
