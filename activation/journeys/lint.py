"""What would go wrong with the campaigns as they are written, all of it at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from activation.gates._caps import Cap
from activation.journeys.campaign import Campaign, journey_of
from activation.journeys.variables import unsupplied
from activation.rendering.templates import Template, load_template
from activation.segments.catalogue import Catalogue
from activation.segments.computation import KIND, AttributeBody, read_attribute
from kith.definitions import Definition, definition_files, load_definition
from kith.errors import KithError
from kith.settings import Settings

#: A definition of an attribute has no relative dates, so any will do to read it.
NO_INSTANT = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Finding:
    """One mistake: where it is, what it is, and the way out."""

    where: str
    problem: str
    way_out: str = ""


def lint(settings: Settings) -> list[Finding]:
    """Every mistake in campaigns, caps, attributes and the templates they use, drafts included."""
    findings: list[Finding] = []
    caps = _load(settings, "caps", Cap, findings)
    campaigns = _load(settings, "campaigns", Campaign, findings)
    attributes = _load(settings, KIND, AttributeBody, findings)
    for definition in attributes.values():
        findings += [_finding(error) for error in _attribute(settings, definition)]
    for definition in campaigns.values():
        for check in (_form, _segment, _caps):
            findings += [_finding(error) for error in check(settings, definition, set(caps))]
        findings += [_finding(error) for error in _template(settings, definition, set(attributes))]
    return findings


def known_segments(settings: Settings) -> set[str]:
    """Names of segments: definitions, and analysts' dbt models `seg_<name>.sql`."""
    models = (settings.project / "dbt" / "models").rglob("seg_*.sql")
    names = {path.stem for path in definition_files(settings, "segments")}
    return names | {path.stem.removeprefix("seg_") for path in models}


def _load(settings: Settings, kind: str, model: type, findings: list[Finding]) -> dict[str, Definition]:
    found: dict[str, Definition] = {}
    for path in definition_files(settings, kind):
        try:
            definition = load_definition(path, model, kind=kind)
        except KithError as error:
            findings.append(_finding(error))
            continue
        if definition.name in found:
            twin = found[definition.name].path.name
            findings.append(_finding(definition.error(f"{twin} has the same name", ("name",))))
        found[definition.name] = definition
    return found


def _form(settings: Settings, definition: Definition[Campaign], caps: set[str]) -> Iterator[KithError]:
    yield from _raised(lambda: journey_of(definition, settings.zone))


def _segment(settings: Settings, definition: Definition[Campaign], caps: set[str]) -> Iterator[KithError]:
    known = known_segments(settings)
    if definition.body.to not in known:
        yield definition.error(
            f"there is no segment {definition.body.to}", ("to",), expected=", ".join(sorted(known)) or "one"
        )


def _caps(settings: Settings, definition: Definition[Campaign], caps: set[str]) -> Iterator[KithError]:
    named = () if definition.body.caps == "all" else definition.body.caps
    for number, name in enumerate(named):
        if name not in caps:
            yield definition.error(
                f"there is no cap {name}", ("caps", number), expected=", ".join(sorted(caps)) or "none"
            )


def _attribute(settings: Settings, definition: Definition[AttributeBody]) -> Iterator[KithError]:
    """Whether it shadows a column of the profiles is seen by the run, which has them."""
    catalogue = Catalogue({}, (), settings.zone)
    yield from _raised(lambda: read_attribute(definition, catalogue, NO_INSTANT))


def _template(
    settings: Settings, definition: Definition[Campaign], attributes: set[str]
) -> Iterator[KithError]:
    folder = settings.definitions / "templates" / definition.body.send
    try:
        template = load_template(folder)
        for locale in sorted(template.locales):
            template.variant(locale)
    except KithError as error:
        yield error if folder.is_dir() else definition.error(error.problem, ("send",), expected=str(folder))
        return
    yield from _unsubscribe(template, folder, definition)
    for name in unsupplied(template, attributes):
        yield KithError(
            f"needs the variable {name}, which nobody supplies",
            where=str(folder),
            way_out="give it a default in template.yml, or guard it with 'is defined'",
        )


def _unsubscribe(template: Template, folder: Path, definition: Definition[Campaign]) -> Iterator[KithError]:
    """Marketing mail says in both of its parts how to get no more of it."""
    if definition.body.purpose != "marketing":
        return
    for locale in sorted(template.locales):
        parts = template.variant(locale).parts
        for part in ("body.html", "body.txt"):
            if part in parts and "unsubscribe_url" not in parts[part].names:
                yield KithError(
                    "has no unsubscribe link",
                    where=str(folder / locale / part),
                    expected="{{ unsubscribe_url }} in the footer",
                )


def _raised(attempt: Callable[[], object]) -> Iterator[KithError]:
    try:
        attempt()
    except KithError as error:
        yield error


def _finding(error: KithError) -> Finding:
    expected = f"expected {error.expected}" if error.expected else ""
    return Finding(error.where or "", error.problem, "; ".join(filter(None, [expected, error.way_out])))
