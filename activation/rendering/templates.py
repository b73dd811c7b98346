"""Templates: a folder each of `subject.txt`, `body.html`, `body.txt`, and a subfolder for each other locale.

`template.yml` may describe the template and give `defaults` for its variables. A version is the hash of all
files; a variant (`de/`, `pt_BR/`) overrides single files and falls back to the plain ones for the rest.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, reduce
from hashlib import md5
from operator import or_
from pathlib import Path
from typing import Any

import jinja2
from jinja2.exceptions import TemplateError, TemplateSyntaxError, UndefinedError

from activation.rendering.sandbox import Attributes, environment
from activation.rendering.variables import PROFILE, Needs, needs
from kith.errors import KithError

PARTS = ("subject.txt", "body.html", "body.txt")
#: Given by delivery when the message leaves, never frozen with the plan.
SEND_TIME_VARIABLES = frozenset({"unsubscribe_url"})
_FILE = re.compile(r"^(?:(?P<locale>[a-z]{2,3}(?:_[A-Z]{2})?)/)?[\w.-]+\.(?:txt|html|yml)$")
_UNDEFINED = re.compile(r"'([^']+)' is undefined|has no attribute '([^']+)'")
# What a template's own expressions can raise; anything else is a fault of ours and comes through.
_RENDER_FAULTS = (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, RecursionError)


@dataclass(frozen=True, slots=True)
class Rendered:
    """One message as it reads: a subject of one line, and the same content twice."""

    subject: str
    html: str
    text: str


class RenderRefused(KithError):
    """The template can't be rendered with these variables."""


class MissingVariable(RenderRefused):
    """A variable that the template needs is not there; `name` says which."""

    def __init__(self, name: str, where: str) -> None:
        self.name = name
        super().__init__(f"the variable {name} is missing", where=where)


@dataclass(frozen=True)
class Variant:
    """One locale of a template, compiled."""

    subject: jinja2.Template
    html: jinja2.Template
    text: jinja2.Template
    defaults: Mapping[str, Any]
    parts: Mapping[str, Needs]

    @cached_property
    def needs(self) -> Needs:
        """What the whole message needs beyond its defaults."""
        together = reduce(or_, self.parts.values())
        required = together.required - set(self.defaults)
        return Needs(required, together.names - required)


@dataclass(frozen=True)
class Template:
    """All files of one version; variants are compiled when first asked for."""

    name: str
    version: str
    files: Mapping[str, str]
    _variants: dict[str, Variant] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def locales(self) -> frozenset[str]:
        """The locales with a folder of their own; `` is the plain one."""
        return frozenset({""} | {file.rpartition("/")[0] for file in self.files})

    def locale_for(self, wanted: str) -> str:
        """`de-AT` → `de_AT`, else `de`, else the plain one."""
        language, _, country = (wanted or "").replace("-", "_").partition("_")
        candidates = (f"{language.lower()}_{country.upper()}", language.lower())
        return next((each for each in candidates if each in self.locales), "")

    def variant(self, locale: str = "") -> Variant:
        """The compiled variant for a person's locale."""
        chosen = self.locale_for(locale)
        if chosen not in self._variants:
            self._variants[chosen] = _compile(self, chosen)
        return self._variants[chosen]


class Templates:
    """The templates of a definitions folder, each version read and compiled once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[str, Template] = {}

    def get(self, name: str, version: str = "") -> Template:
        """The template of that version; a KithError where the files on disk are another one."""
        found = self._known.get(name)
        if found is None or (version and found.version != version):  # edited since: read again
            found = self._known[name] = load_template(self.folder / name)
        if version and found.version != version:
            raise KithError(
                "the files have changed since the message was planned",
                where=f"template {name}",
                expected=f"version {version}, found {found.version}",
            )
        return found


def load_template(folder: Path) -> Template:
    """Reads a template folder. Errors name the file."""
    if not folder.is_dir():
        raise KithError(f"there is no template {folder.name}", where=str(folder), expected=", ".join(PARTS))
    found = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    try:
        files = {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in found}
    except UnicodeDecodeError as error:
        raise KithError(f"can't be read: {error}", where=str(folder), expected="UTF-8") from None
    return template_of(folder.name, files)


def template_of(name: str, files: Mapping[str, str]) -> Template:
    """A template of given files (relative path → text), as kept in the lake. One object a version."""
    for file in files:
        if not _FILE.match(file):
            raise KithError(
                "no file of a template", where=f"template {name}: {file}", expected=", ".join(PARTS)
            )
    for part in PARTS:
        if part not in files:
            raise KithError("is missing", where=f"template {name}: {part}", expected=", ".join(PARTS))
    return _template(name, json.dumps(dict(files), sort_keys=True))


@lru_cache(maxsize=256)
def _template(name: str, files: str) -> Template:
    version = md5(files.encode(), usedforsecurity=False).hexdigest()
    return Template(name, version, json.loads(files))


def render(template: Template, variables: Mapping[str, Any], locale: str = "") -> Rendered:
    """Fills a template in. A null is a missing value; raises MissingVariable or RenderRefused."""
    variant = template.variant(locale)
    given = {name: value for name, value in variables.items() if value is not None}
    if PROFILE in given:
        given[PROFILE] = Attributes(given[PROFILE])
    context = {**variant.defaults, **given}
    try:
        subject = variant.subject.render(context)
        # Whatever a name brings along, a subject is one line.
        return Rendered(" ".join(subject.split()), variant.html.render(context), variant.text.render(context))
    except UndefinedError as error:
        match = _UNDEFINED.search(str(error))
        name = (match[1] or match[2]) if match else str(error)
        raise MissingVariable(name, f"template {template.name}") from None
    except _RENDER_FAULTS as error:
        raise RenderRefused(f"can't be rendered: {error}", where=f"template {template.name}") from None


def _compile(template: Template, locale: str) -> Variant:
    files = _files_of(template, locale)
    html, text = environment(files, is_html=True), environment(files, is_html=False)
    where = f"template {template.name}" + (f" ({locale})" if locale else "")
    try:
        # Compiled first: these errors know their file and line.
        subject, plain = text.get_template("subject.txt"), text.get_template("body.txt")
        body = html.get_template("body.html")
        parts = {part: needs(html if part.endswith(".html") else text, part) for part in PARTS}
    except TemplateSyntaxError as error:
        file = f"{where}: {error.name or 'template'}:{error.lineno}"
        raise KithError(f"no valid template: {error.message}", where=file) from None
    except TemplateError as error:
        raise KithError(f"no valid template: {error}", where=where) from None
    defaults = _defaults(files, where)
    return Variant(subject, body, plain, defaults, parts)


def _files_of(template: Template, locale: str) -> dict[str, str]:
    """The plain files, then those of the language, then those of the locale.

    The plain ones are there as `plain/…` too, so that a variant can extend the file it replaces.
    """
    chosen = {f"plain/{file}": content for file, content in template.files.items() if "/" not in file}
    for folder in dict.fromkeys(["", locale.partition("_")[0], locale]):
        chosen |= {
            file.rpartition("/")[2]: content
            for file, content in template.files.items()
            if file.rpartition("/")[0] == folder
        }
    return chosen


def _defaults(files: Mapping[str, str], where: str) -> Mapping[str, Any]:
    if "template.yml" not in files:
        return {}
    import yaml

    try:
        described = yaml.safe_load(files["template.yml"]) or {}
    except yaml.YAMLError as error:
        raise KithError(f"no valid YAML: {error}", where=f"{where}: template.yml") from None
    unknown = set(described) - {"description", "defaults"}
    if unknown:
        raise KithError(
            f"no such field: {', '.join(sorted(unknown))}",
            where=f"{where}: template.yml",
            expected="description, defaults",
        )
    return described.get("defaults") or {}
