"""The kinds of definition files that visitors edit: where each lies, who may, and what is checked before it is written.

A text is checked where it would stand: in a folder that shows all other definitions as they are, with this one in
its place. So a reference that an edit breaks is found before anybody sees the edit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from dashboards.remarks import Remark, place_of, refusal
from kith.accounts import Right
from kith.definitions import load_definition, load_kind
from kith.errors import KithError
from kith.settings import Settings

NAME = re.compile(r"^[a-z][a-z0-9_]{0,62}\Z")
#: A template is a folder; its files are edited one by one, as `come_back/body.html` or `come_back/de/body.html`.
TEMPLATE_FILE = re.compile(
    r"^[a-z0-9][a-z0-9_-]{0,62}/(?:[a-z]{2,3}(?:_[A-Z]{2})?/)?[\w-][\w.-]*\.(?:txt|html|yml)\Z"
)


Check = Callable[[Settings, Path], list[Remark]]


@dataclass(frozen=True)
class DefinitionKind:
    """A folder below the definitions. `check` gets settings over the folder with the text in its place."""

    right: Right
    check: Check
    names: re.Pattern[str] = NAME
    suffix: str = ".yml"


def _segment(settings: Settings, path: Path) -> list[Remark]:
    from activation.segments.linting import lint

    return [
        Remark(each.severity.value, each.message, each.line, each.field) for each in lint(settings, [path])
    ]


def _journey(settings: Settings, path: Path) -> list[Remark]:
    from activation.journeys.linting import lint

    return [
        Remark(each.severity.value, each.problem, *place_of(each.where), each.way_out)
        for each in lint(settings, [path])
    ]


def _template(settings: Settings, path: Path) -> list[Remark]:
    """Every variant of the template compiles."""
    from activation.rendering.templates import load_template

    folder = settings.definitions / "templates"
    template = load_template(folder / path.relative_to(folder).parts[0])
    for locale in sorted(template.locales):
        template.variant(locale)
    return []


def _sync(settings: Settings, path: Path) -> list[Remark]:
    from activation.syncs.grammar import KIND, Sync

    load_definition(path, Sync, kind=KIND)
    load_kind(settings, KIND, Sync)
    return []


def _dashboard(settings: Settings, path: Path) -> list[Remark]:
    from dashboards.board_linting import lint

    return lint(settings, path)


def _funnel(settings: Settings, path: Path) -> list[Remark]:
    from measurement.funnels import Funnel

    load_definition(path, Funnel, kind="funnels")
    load_kind(settings, "funnels", Funnel)
    return []


KINDS: Mapping[str, DefinitionKind] = {
    "segments": DefinitionKind(Right.EDIT_SEGMENTS, _segment),
    "journeys": DefinitionKind(Right.EDIT_JOURNEYS, _journey),
    "campaigns": DefinitionKind(Right.EDIT_JOURNEYS, _journey),
    "templates": DefinitionKind(Right.EDIT_JOURNEYS, _template, TEMPLATE_FILE, suffix=""),
    "syncs": DefinitionKind(Right.OPERATE, _sync),
    "dashboards": DefinitionKind(Right.SAVE_DASHBOARDS, _dashboard),
    "funnels": DefinitionKind(Right.SAVE_DASHBOARDS, _funnel),
}


def kind_of(kind: str) -> DefinitionKind:
    """Raises KithError for a kind that nobody edits here."""
    if kind not in KINDS:
        raise KithError(f"{kind} are not edited here", expected=", ".join(KINDS))
    return KINDS[kind]


def remarks_on(settings: Settings, kind: str, path: Path, text: str) -> list[Remark]:
    """What a text amounts to at its place: worst first; a text that can't be read is one error."""
    with standing_in(settings, path, text) as (changed, place):
        try:
            found = kind_of(kind).check(changed, place)
        except KithError as error:
            found = [refusal(error)]
        stands_at = str(changed.definitions)
    order = ("error", "warning", "note")
    told = [_as_it_lies(each, stands_at, str(settings.definitions)) for each in found]
    return sorted(told, key=lambda each: (order.index(each.severity), each.line))


@contextmanager
def standing_in(settings: Settings, path: Path, text: str | None) -> Iterator[tuple[Settings, Path]]:
    """Settings over a look-alike of all definitions in which this text stands at `path`; gone, where it is None."""
    parts = path.relative_to(settings.definitions).parts
    with TemporaryDirectory(prefix="kith-draft-") as name:
        shown, lies = Path(name), settings.definitions
        for part in parts:
            _show(lies, shown, without=part)
            lies, shown = lies / part, shown / part
            if part != parts[-1]:
                shown.mkdir()
        if text is not None:
            shown.write_text(text, encoding="utf-8")
        yield settings.model_copy(update={"definitions": Path(name)}), shown


def _show(folder: Path, shown: Path, without: str) -> None:
    for each in folder.iterdir() if folder.is_dir() else ():
        if each.name != without:
            (shown / each.name).symlink_to(each.absolute())


def _as_it_lies(remark: Remark, shown: str, lies: str) -> Remark:
    message, way_out = (text.replace(shown, lies) for text in (remark.message, remark.way_out))
    return Remark(remark.severity, message, remark.line, remark.field, way_out)
