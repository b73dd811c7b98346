"""Templates that a definition sends: whether they can be rendered for whom they are sent to."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from activation.journeys.campaign import Campaign
from activation.journeys.language.step import Keys
from activation.journeys.linting.findings import Finding, Severity, at, refusal
from activation.journeys.programme import no_template
from activation.journeys.variables import SUPPLIED, unsupplied
from activation.rendering.templates import SEND_TIME_VARIABLES, Template, load_template
from kith.definitions import Definition
from kith.errors import KithError
from kith.settings import Settings

Sent = tuple[Keys, str, tuple[str, ...], str]


def sent(definition: Definition[Any]) -> Iterator[Sent]:
    """Each template that a file sends: its place, its name, by which channels, for which purpose."""
    body = definition.body
    if isinstance(body, Campaign):
        places = [(("variants", n, "send"), each.send) for n, each in enumerate(body.variants)]
        for keys, name in places or [(("send",), body.send or "")]:
            yield keys, name, body.by, body.purpose
        return
    for keys, step in body.every_step():
        if isinstance(name := getattr(step, "send", None), str):
            yield (
                (*keys, "send"),
                name,
                getattr(step, "by", ()),
                getattr(step, "purpose", None) or body.purpose,
            )


def findings(
    settings: Settings, definition: Definition[Any], attributes: Collection[str]
) -> Iterator[Finding]:
    """Of all templates of one definition."""
    for keys, name, channels, purpose in sent(definition):
        folder = settings.definitions / "templates" / name
        try:
            template = load_template(folder)
            for locale in sorted(template.locales):
                template.variant(locale)
        except KithError as error:
            yield refusal(error if folder.is_dir() else no_template(definition, keys, name, settings))
            continue
        yield from _silent(definition, keys, template, channels)
        if purpose == "marketing":
            yield from _unsubscribe(template, folder)
        yield from _variables(template, folder, attributes)


def _silent(
    definition: Definition[Any], keys: Keys, template: Template, channels: Collection[str]
) -> Iterator[Finding]:
    """Channels for which it says nothing."""
    for channel in channels:
        dumb = [each for each in sorted(template.locales) if template.variant(each).part(channel) is None]
        if dumb:
            problem = f"{template.name} says nothing for {channel}" + (f" ({dumb[0]})" if dumb[0] else "")
            way_out = f"write templates/{template.name}/{channel}.txt, or take {channel} out"
            yield Finding(at(definition, keys), problem, way_out, "no_text_for_channel")


def _unsubscribe(template: Template, folder: Path) -> Iterator[Finding]:
    """Marketing mail says in both of its parts how to get no more of it."""
    for locale in sorted(template.locales):
        parts = template.variant(locale).parts
        for part in ("body.html", "body.txt"):
            if part in parts and "unsubscribe_url" not in parts[part].names:
                where, way_out = str(folder / locale / part), "expected {{ unsubscribe_url }} in the footer"
                yield Finding(where, "has no unsubscribe link", way_out, "no_unsubscribe")


def _variables(template: Template, folder: Path, attributes: Collection[str]) -> Iterator[Finding]:
    way_out = "give it a default in template.yml, or guard it with 'is defined'"
    for name in unsupplied(template, attributes):
        problem = f"needs the variable {name}, which nobody supplies"
        yield Finding(str(folder), problem, way_out, "unknown_variable")
    required = set[str]().union(*(template.variant(each).needs.required for each in template.locales))
    for name in sorted(
        required & {*SUPPLIED, *(f"profile.{each}" for each in attributes)} - SEND_TIME_VARIABLES
    ):
        problem = f"needs the variable {name}, which some people lack: they get no message"
        yield Finding(str(folder), problem, way_out, "lacking_variable", Severity.WARNING)
