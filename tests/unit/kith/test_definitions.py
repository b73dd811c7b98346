"""Definitions: each error names file, line and field; a version is what the file says, not how."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from kith.definitions import load_definition, load_kind
from kith.errors import KithError
from kith.settings import Settings, load_settings


class Step(BaseModel):
    model_config = ConfigDict(extra="forbid")
    send: str
    wait: int = 0


class Plan(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    steps: list[Step]


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "name: a\nsteps:\n  - send: x\n    wait: soon\n",
            "plan.yml:4: steps[0].wait: Input should be a valid integer",
        ),
        ("name: a\nsteps:\n  - sent: x\n", "plan.yml:3: steps[0]"),
        ("name: a\nsteps: []\ncolour: red\n", "plan.yml:3: colour: no such field"),
        ("name: a\nsteps: x\n", "plan.yml:2: steps: is no list; expected one, such as [a, b]"),
        ("name: a\nsteps: [x]\n", "plan.yml:2: steps[0]: is no mapping; expected keys and values"),
        ("steps: []\n", "plan.yml:1: name: is missing"),
        ("name: a\nname: b\nsteps: []\n", "plan.yml:2: name: stands twice; expected each key once"),
        ("name: [a\n", "plan.yml:2: no valid YAML"),
        ("- a\n", "plan.yml: holds no mapping"),
        ("", "plan.yml: holds no mapping"),
    ],
)
def test_load_definition__names_file_line_and_field(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(KithError) as caught:
        load_definition(write(tmp_path / "plan.yml", text), Plan)
    assert said in str(caught.value)


def test_load_definition__survives_a_thousand_levels(tmp_path: Path) -> None:
    with pytest.raises(KithError):
        load_definition(write(tmp_path / "plan.yml", "name: " + "[" * 5000), Plan)


def test_version__does_not_depend_on_comments_or_layout(tmp_path: Path) -> None:
    one = load_definition(write(tmp_path / "a.yml", "name: a\nsteps: [{send: x}]\n"), Plan)
    two = load_definition(write(tmp_path / "b.yml", "# why\nsteps:\n  - send: x\nname: 'a'\n"), Plan)
    three = load_definition(write(tmp_path / "c.yml", "name: a\nsteps: [{send: y}]\n"), Plan)
    assert one.version == two.version != three.version


def test_load_kind__refuses_two_of_one_name(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "definitions"
    write(folder / "plans" / "a.yml", "name: same\nsteps: []\n")
    write(folder / "plans" / "b.yml", "name: same\nsteps: []\n")
    with pytest.raises(KithError, match=r"b\.yml:1: name: plans has another 'same' in a\.yml"):
        load_kind(load_settings(definitions=folder), "plans", Plan)
