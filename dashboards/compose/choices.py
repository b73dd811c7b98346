"""What a campaign may name: segments, templates, caps, events. Read from definitions and the published run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboards.campaign.roster import listed
from dashboards.formatting import Spelling
from dashboards.reader import Reader
from kith.definitions import definition_files, read_yaml
from kith.errors import KithError
from kith.settings import Settings


@dataclass(frozen=True)
class TemplateChoice:
    """A template with the channels that it has words for and its languages (`` is the plain one)."""

    name: str
    channels: tuple[str, ...]
    locales: tuple[str, ...]
    problem: str = ""


def segments(reader: Reader) -> dict[str, int | None]:
    """Every segment that a file or the last run names, with its size where it was evaluated."""
    named = {path.stem: None for path in definition_files(reader.settings, "segments")}
    if reader.missing("segments"):
        return dict(named)
    rows = reader.rows("SELECT segment, member_count FROM segments WHERE NOT is_held ORDER BY segment")
    return {**named, **{row["segment"]: row["member_count"] for row in rows}}


def templates(settings: Settings) -> list[TemplateChoice]:
    """Every template folder; one that can't be compiled says why."""
    folder = settings.definitions / "templates"
    found = sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    stamps = tuple(
        (path.name, max((each.stat().st_mtime_ns for each in path.rglob("*")), default=0)) for path in found
    )
    return _templates(str(folder), stamps)


@st.cache_data(max_entries=4, show_spinner=False)
def _templates(folder: str, stamps: tuple[tuple[str, int], ...]) -> list[TemplateChoice]:
    return [_template(folder, name) for name, _ in stamps]


def _template(folder: str, name: str) -> TemplateChoice:
    from pathlib import Path

    from activation.rendering import load_template

    try:
        template = load_template(Path(folder) / name)
        variant = template.variant()
    except KithError as error:
        return TemplateChoice(name, (), (), str(error))
    channels = (*(["email"] if variant.mail else []), *variant.channels)
    return TemplateChoice(name, tuple(dict.fromkeys(channels)), tuple(sorted(template.locales)))


def events(reader: Reader, limit: int = 300) -> list[str]:
    """Names of events that came, the most frequent first."""
    if reader.missing("events_daily"):
        return []
    sql = """
        SELECT event FROM events_daily WHERE type = 'track' AND coalesce(event, '') <> ''
        GROUP BY event ORDER BY sum(event_count) DESC, event LIMIT $limit"""
    return [row["event"] for row in reader.rows(sql, limit=limit)]


def caps_in_words(settings: Settings, names: Sequence[str] | str) -> list[str]:
    """Each cap that will hold, in a sentence; `all` names every one."""
    told: list[str] = []
    for said in _documents(settings, "caps"):
        if names != "all" and said["name"] not in names:
            continue
        limits = ", ".join(
            f"at most {each.get('at_most')} per {each.get('per')}" for each in said.get("limits") or ()
        )
        channels = said.get("channels", "all")
        by = "any channel" if channels == "all" else ", ".join(listed(channels))
        told.append(f"**{said['name']}**: {limits}, by {by}")
    return told


def quiet_hours_in_words(settings: Settings, channels: Sequence[str]) -> list[str]:
    """The quiet hours that hold for messages of these channels."""
    told: list[str] = []
    for said in _documents(settings, "quiet_hours"):
        of = said.get("channels", "all")
        if of == "all" or set(listed(of)) & set(channels):
            days = said.get("days", "all")
            on = "every day" if days == "all" else ", ".join(listed(days))
            told.append(f"**{said['name']}**: {said.get('begins')}–{said.get('ends')}, {on}")
    return told


def budgets_in_words(settings: Settings) -> list[str]:
    """Budgets and throttles, as their files say them."""
    return [
        f"**{said['name']}**: {said.get('rate') or said.get('spend') or said.get('at_most')}"
        + (f" per {said['per']}" if said.get("per") else "")
        for said in _documents(settings, "budgets")
    ]


def names_of(settings: Settings, kind: str) -> list[str]:
    """The names of all definitions of a kind."""
    return [said["name"] for said in _documents(settings, kind)]


def _documents(settings: Settings, kind: str) -> list[dict[str, Any]]:
    """Those that can be read; what is wrong with the others is lint's to say."""
    found: list[dict[str, Any]] = []
    for path in definition_files(settings, kind):
        try:
            document, _ = read_yaml(path)
        except KithError:
            continue
        if isinstance(document, dict):
            found.append({"name": path.stem, **document})
    return found


def spell_size(name: str, size: int | None, spelling: Spelling) -> str:
    """`churn_risk · 3,131 people`."""
    return name if size is None else f"{name} · {spelling.number(size)} people"
