"""Every campaign there is: what its file says, and what became of it so far. A file that can't be read is told so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from kith.definitions import definition_files
from kith.errors import KithError
from kith.settings import Settings

KIND = "campaigns"


@dataclass(frozen=True)
class Listed:
    """One campaign as its file tells it. `problem` says why the file can't be read; then the rest is empty."""

    name: str
    file: str
    state: str = ""
    segment: str = ""
    when: str = ""
    sends: str = ""
    channels: str = ""
    purpose: str = ""
    problem: str = ""


def list_files(settings: Settings) -> list[Listed]:
    """One for each file, the live ones first. Cheap where nothing changed since."""
    files = definition_files(settings, KIND)
    stamps = tuple((str(path), path.stat().st_mtime_ns) for path in files if path.exists())
    return _read(stamps)


@st.cache_data(max_entries=8, show_spinner=False)
def _read(stamps: tuple[tuple[str, int], ...]) -> list[Listed]:
    found = [_listed(Path(path)) for path, _ in stamps]
    order = ("", "live", "paused", "draft")
    return sorted(found, key=lambda each: (order.index(each.state), each.name))


def _listed(path: Path) -> Listed:
    from activation.journeys.campaign import Campaign
    from kith.definitions import load_definition

    try:
        definition = load_definition(path, Campaign, kind=KIND)
    except KithError as error:
        return Listed(path.stem, path.stem, problem=str(error))
    said = definition.document
    return Listed(
        name=definition.name,
        file=path.stem,
        state=definition.body.state,
        segment=definition.body.to or "",
        when=spell_when(said),
        sends=", ".join(definition.body.templates),
        channels=", ".join(listed(said.get("by"))),
        purpose=definition.body.purpose,
    )


def spell_when(said: Mapping[str, Any]) -> str:
    """When a campaign goes out, in a few words: `once, 1 May 2026 08:00`, `weekly thu 08:00`, `on Cart Left`."""
    if at := said.get("launch_at"):
        return f"once, {str(at).replace('T', ' ')}"
    if rule := said.get("schedule"):
        return str(rule)
    trigger = said.get("when")
    return f"on {trigger.get('event', '?')}" if isinstance(trigger, dict) else ""


def listed(value: Any) -> list[str]:
    """What a file may say alone or in a list."""
    return [] if value is None else [str(each) for each in value] if isinstance(value, list) else [str(value)]
