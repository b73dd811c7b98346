"""Templates: a folder each of `subject.txt`, `body.html`, `body.txt`, and a subfolder for each other locale.

`body.amp.html` is a mail's AMP part; `<channel>.txt`, `.html` or `.yml` what another channel says instead
(channel_parts.py). `template.yml` may describe the template, name the `locale` of its plain files and give `defaults`
for its variables. A version is the hash of all files; a variant (`de/`, `pt_BR/`) overrides single files and falls
back to the plain ones for the rest.

A layout (`definitions/layouts/letter.html`, asked for as `layouts/letter.html`) is shared by many. It is read with the
template, counts in its version and is kept with it, so that a body can be made again after the layout has changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from hashlib import md5
from pathlib import Path

from activation.rendering.channel_parts import DESCRIPTION
from activation.rendering.channel_parts import MAIL as PARTS
from activation.rendering.variants import Variant, compile_variant
from kith.errors import KithError

#: Given by delivery when the message leaves, never frozen with the plan.
SEND_TIME_VARIABLES = frozenset({"unsubscribe_url"})
_FILE = re.compile(r"^(?:(?P<locale>[a-z]{2,3}(?:_[A-Z]{2})?|layouts)/)?[\w.-]+\.(?:txt|html|yml)$")
LAYOUTS = "layouts"
_ASKED = re.compile(r"""\{%[-+]?\s*(?:extends|include|import|from)\s+["']layouts/([\w.-]+)["']""")


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
        return frozenset({""} | {file.rpartition("/")[0] for file in self.files} - {LAYOUTS})

    def locale_for(self, wanted: str) -> str:
        """`de-AT` → `de_AT`, else `de`, else the plain one."""
        language, _, country = (wanted or "").replace("-", "_").partition("_")
        candidates = (f"{language.lower()}_{country.upper()}", language.lower())
        return next((each for each in candidates if each in self.locales), "")

    def variant(self, locale: str = "") -> Variant:
        """The compiled variant for a person's locale."""
        chosen = self.locale_for(locale)
        if chosen not in self._variants:
            where = f"template {self.name}" + (f" ({chosen})" if chosen else "")
            self._variants[chosen] = compile_variant(_files_of(self, chosen), chosen, where)
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
        files |= _layouts_of(files, folder.parent.with_name(LAYOUTS), f"template {folder.name}")
    except UnicodeDecodeError as error:
        raise KithError(f"can't be read: {error}", where=str(folder), expected="UTF-8") from None
    return template_of(folder.name, files)


def _layouts_of(files: Mapping[str, str], shared: Path, where: str) -> dict[str, str]:
    """The layouts that the files ask for, and those that these ask for in turn."""
    found: dict[str, str] = {}
    asked = [name for text in files.values() for name in _ASKED.findall(text)]
    while asked:
        name = asked.pop()
        if f"{LAYOUTS}/{name}" in found:
            continue
        path = shared / name
        if not path.is_file():
            others = sorted(each.name for each in shared.glob("*") if each.is_file())
            raise KithError(
                f"there is no layout {name}", where=where, expected=", ".join(others) or str(shared)
            )
        text = found[f"{LAYOUTS}/{name}"] = path.read_text(encoding="utf-8")
        asked += _ASKED.findall(text)
    return found


def template_of(name: str, files: Mapping[str, str]) -> Template:
    """A template of given files (relative path → text), as kept in the lake. One object a version."""
    for file in files:
        if not _FILE.match(file):
            raise KithError(
                "no file of a template", where=f"template {name}: {file}", expected=", ".join(PARTS)
            )
    plain = {file for file in files if "/" not in file and file != DESCRIPTION}
    for part in PARTS:
        # Either a whole mail, or none and something for another channel.
        if part not in files and (plain & {*PARTS} or not plain):
            raise KithError("is missing", where=f"template {name}: {part}", expected=", ".join(PARTS))
    return _template(name, json.dumps(dict(files), sort_keys=True))


@lru_cache(maxsize=256)
def _template(name: str, files: str) -> Template:
    version = md5(files.encode(), usedforsecurity=False).hexdigest()
    return Template(name, version, json.loads(files))


def _files_of(template: Template, locale: str) -> dict[str, str]:
    """The plain files, then those of the language, then those of the locale.

    The plain ones are there as `plain/…` too, so that a variant can extend the file it replaces.
    """
    chosen = {f"plain/{file}": content for file, content in template.files.items() if "/" not in file}
    chosen |= {file: text for file, text in template.files.items() if file.startswith(f"{LAYOUTS}/")}
    for folder in dict.fromkeys(["", locale.partition("_")[0], locale]):
        chosen |= {
            file.rpartition("/")[2]: content
            for file, content in template.files.items()
            if file.rpartition("/")[0] == folder
        }
    return chosen
