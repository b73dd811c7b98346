"""Everything that planning needs from the definitions, read and checked together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from activation.gates._caps import Cap
from activation.journeys.campaign import Campaign, journey_of
from activation.journeys.form import Journey
from activation.rendering.templates import Template, Templates
from kith.definitions import Definition, load_kind
from kith.settings import Settings


@dataclass(frozen=True)
class Programme:
    """The live journeys with what they use. `definitions` holds drafts and paused ones too."""

    definitions: tuple[Definition[Campaign], ...]
    journeys: tuple[Journey, ...]
    caps: Mapping[str, Definition[Cap]]
    templates: Mapping[str, Template]

    def caps_in_use(self) -> tuple[Cap, ...]:
        """The caps that bind any live journey, by name."""
        used = sorted({name for journey in self.journeys for name in journey.caps})
        return tuple(self.caps[name].body.model_copy(update={"name": name}) for name in used)

    def obeys(self) -> dict[str, frozenset[str]]:
        """The caps that bind each live journey."""
        return {journey.name: frozenset(journey.caps) for journey in self.journeys}


def load_programme(settings: Settings) -> Programme:
    """Reads campaigns, caps and templates; the first mistake is an error that names file, line and field."""
    definitions = tuple(load_kind(settings, "campaigns", Campaign))
    caps = {each.name: each for each in load_kind(settings, "caps", Cap)}
    journeys = {each.name: journey_of(each, settings.zone, tuple(caps)) for each in definitions}
    templates = Templates(settings.definitions / "templates")
    known: dict[str, Template] = {}
    for definition in definitions:
        _check_caps(definition, caps)
        known[definition.body.send] = _template(definition, templates)
    live = tuple(journeys[each.name] for each in definitions if each.body.state == "live")
    return Programme(definitions, live, caps, known)


def _check_caps(definition: Definition[Campaign], caps: Mapping[str, Definition[Cap]]) -> None:
    if definition.body.caps == "all":
        return
    for number, name in enumerate(definition.body.caps):
        if name not in caps:
            raise definition.error(
                f"there is no cap {name}", ("caps", number), expected=", ".join(sorted(caps)) or "a cap"
            )


def _template(definition: Definition[Campaign], templates: Templates) -> Template:
    if not (templates.folder / definition.body.send).is_dir():
        raise definition.error(
            f"there is no template {definition.body.send}",
            ("send",),
            expected=f"a folder {templates.folder.name}/{definition.body.send}",
        )
    template = templates.get(definition.body.send)
    for locale in sorted(template.locales):
        template.variant(locale)
    return template
