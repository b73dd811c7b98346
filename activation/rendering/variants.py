"""One locale of a template, compiled: a part for mail, and one for each channel with a file of its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property, reduce
from operator import or_
from typing import Any

import jinja2
from jinja2 import meta
from jinja2.exceptions import TemplateError, TemplateSyntaxError

from activation.rendering.channel_parts import AMP, DESCRIPTION, MAIL, channels_of, leaves_of
from activation.rendering.sandbox import Sandbox, environment
from activation.rendering.variables import NOTHING, Needs, needs
from kith.errors import KithError

EMAIL = "email"
_DESCRIBED = {"description", "defaults", "locale", "inline_css"}
_NONE: tuple[Mapping[str, jinja2.Template], ...] = ()


@dataclass(frozen=True)
class Part:
    """What one channel says. Each field is a compiled template or absent."""

    title: jinja2.Template | None = None
    text: jinja2.Template | None = None
    html: jinja2.Template | None = None
    amp: jinja2.Template | None = None
    media: tuple[Mapping[str, jinja2.Template], ...] = _NONE
    actions: tuple[Mapping[str, jinja2.Template], ...] = _NONE
    options: Mapping[str, jinja2.Template] = field(default_factory=dict)

    @property
    def is_plain(self) -> bool:
        """Whether there is nothing but a title and bodies."""
        return not (self.media or self.actions or self.options)


@dataclass(frozen=True)
class Variant:
    """One locale of a template, compiled. `parts` tells of each file what it needs."""

    locale: str
    mail: Part | None
    channels: Mapping[str, Part]
    defaults: Mapping[str, Any]
    parts: Mapping[str, Needs]
    inlines_css: bool = False

    @cached_property
    def needs(self) -> Needs:
        """What the whole message needs beyond its defaults, whichever channel it leaves by."""
        together = reduce(or_, self.parts.values(), NOTHING)
        required = together.required - set(self.defaults)
        return Needs(required, together.names - required)

    @cached_property
    def _plain(self) -> Part | None:
        """For a channel without a file of its own: the mail's subject and text, never its HTML."""
        return None if self.mail is None else Part(title=self.mail.title, text=self.mail.text)

    def part(self, channel: str) -> Part | None:
        """What is said on this channel; None where the template has nothing for it."""
        own = self.channels.get(channel)
        if own is not None:
            return own
        return self.mail if channel == EMAIL else self._plain


def compile_variant(files: Mapping[str, str], locale: str, where: str) -> Variant:
    """Compile the files of one locale (its own, then the plain ones). Errors name the file and line."""
    described = _described(files, where)
    chosen = {name: text for name, text in files.items() if name.endswith((".txt", ".html"))}
    leaves = {
        name.removesuffix(".yml"): leaves_of(name, text, where)
        for name, text in files.items()
        if name.endswith(".yml") and "/" not in name and name != DESCRIPTION
    }
    for channel, found in leaves.items():
        chosen |= {f"{channel}.yml:{path}": text for path, text in found.items()}
    try:
        return _Compiler(chosen, leaves).variant(locale or str(described.get("locale", "en")), described)
    except TemplateSyntaxError as error:
        file = f"{where}: {error.name or 'template'}:{error.lineno}"
        raise KithError(f"no valid template: {error.message}", where=file) from None
    except TemplateError as error:
        raise KithError(f"no valid template: {error}", where=where) from None


class _Compiler:
    """Both environments over one set of files."""

    def __init__(self, files: Mapping[str, str], leaves: Mapping[str, Mapping[str, str]]) -> None:
        self.files, self.leaves = files, leaves
        self.html, self.text = environment(files, is_html=True), environment(files, is_html=False)

    def variant(self, locale: str, described: Mapping[str, Any]) -> Variant:
        mail = None
        if MAIL[0] in self.files:
            subject, html, text = (self._get(name) for name in MAIL)
            mail = Part(subject, text, html, self._get(AMP))
        own = {
            name: self._own(name, self.leaves.get(name, {}))
            for name in channels_of({*self.files, *(f"{name}.yml" for name in self.leaves)}, self._included())
            if ":" not in name
        }
        is_inlining = described.get("inline_css") is True
        return Variant(locale, mail, own, described.get("defaults") or {}, self._needs(own), is_inlining)

    def _get(self, name: str) -> jinja2.Template | None:
        return self._environment(name).get_template(name) if name in self.files else None

    def _environment(self, name: str) -> Sandbox:
        return self.html if name.endswith(".html") else self.text

    def _own(self, channel: str, leaves: Collection[str]) -> Part:
        def leaf(path: str) -> jinja2.Template | None:
            return self._get(f"{channel}.yml:{path}")

        def listed(field: str) -> tuple[Mapping[str, jinja2.Template], ...]:
            found: dict[str, dict[str, jinja2.Template]] = {}
            for path in leaves:
                head, _, rest = path.partition(".")
                number, _, name = rest.partition(".")
                if head == field and (compiled := leaf(path)) is not None:
                    found.setdefault(number, {})[name] = compiled
            return tuple(found.values())

        options = {path.partition(".")[2]: leaf(path) for path in leaves if path.startswith("options.")}
        return Part(
            title=leaf("title") or self._get(MAIL[0]),
            text=self._get(f"{channel}.txt") or leaf("text") or self._get(MAIL[2]),
            html=self._get(f"{channel}.html"),
            amp=None,
            media=listed("media"),
            actions=listed("actions"),
            options={name: each for name, each in options.items() if each is not None},
        )

    def _included(self) -> set[str]:
        """Files that another file includes or extends."""
        found: set[str] = set()
        for name, source in self.files.items():
            found |= {each for each in meta.find_referenced_templates(self.text.parse(source, name)) if each}
        return found

    def _needs(self, own: Collection[str]) -> dict[str, Needs]:
        """Each file that is a part, by name. Plain copies and pieces of others count where they are used."""
        read = [
            name
            for name in self.files
            if name in {*MAIL, AMP} or (not name.startswith("plain/") and name.partition(".")[0] in own)
        ]
        return {name: needs(self._environment(name), name) for name in read}


def _described(files: Mapping[str, str], where: str) -> Mapping[str, Any]:
    if DESCRIPTION not in files:
        return {}
    import yaml

    try:
        described = yaml.safe_load(files[DESCRIPTION]) or {}
    except yaml.YAMLError as error:
        raise KithError(f"no valid YAML: {error}", where=f"{where}: {DESCRIPTION}") from None
    unknown = set(described) - _DESCRIBED
    if unknown:
        raise KithError(
            f"no such field: {', '.join(sorted(unknown))}",
            where=f"{where}: {DESCRIPTION}",
            expected=", ".join(sorted(_DESCRIBED)),
        )
    return described
