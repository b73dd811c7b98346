"""Editing definition files from pages: nobody overwrites what somebody else saved meanwhile, and no faulty file is
ever written.

    draft = open_draft(settings, "segments", "lapsed_buyers")
    draft = save_draft(draft, new_text, visitor, settings)  # Overtaken if the file is another by now

A draft remembers the digest of the text that its editor began with. Saving compares it under a lock, so two who save
at once are told apart: the first is written, the second keeps a text and gets the other one beside it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from difflib import unified_diff
from hashlib import sha256
from pathlib import Path

from dashboards.definition_kinds import Remark, kind_of, remarks_on
from kith.accounts import Visitor
from kith.clock import WallClock
from kith.definitions import definition_files, keep_definition, read_yaml
from kith.durable import exclusive, sync_folder, write_durably
from kith.errors import KithError
from kith.lake import Home
from kith.log import get_logger
from kith.settings import Settings
from kith.state import StateDatabase
from kith.state.audit import record

LOG = get_logger("dashboards")
#: The digest of a file that isn't there yet.
ABSENT = ""


@dataclass(frozen=True)
class Draft:
    """A definition as its editor found it. `name` is the file's without ending (of a template: folder and file)."""

    kind: str
    name: str
    path: Path
    text: str
    digest: str

    @property
    def is_new(self) -> bool:
        return self.digest == ABSENT


class Overtaken(KithError):
    """Somebody else saved meanwhile. `theirs` is what the file says now (None: it was deleted), `mine` what was to be
    saved, `diff` the unified difference from theirs to mine. Open the draft anew to save over theirs."""

    def __init__(self, draft: Draft, theirs: str | None, mine: str) -> None:
        self.theirs, self.mine = theirs, mine
        self.diff = text_difference(theirs or "", mine, "as it is now", "yours")
        told = "was deleted" if theirs is None else "was changed by somebody else"
        super().__init__(
            f"{draft.name} {told} since you opened it; nothing was saved and nothing is lost",
            where=f"{draft.kind}/{draft.path.name}",
            way_out="look at the difference, then save yours over it or take theirs",
        )


def drafts(settings: Settings, kind: str) -> list[str]:
    """The names of all files of a kind; of templates one a file."""
    if not kind_of(kind).suffix:
        folder = settings.definitions / kind
        files = [each.relative_to(folder).as_posix() for each in sorted(folder.rglob("*")) if each.is_file()]
        return [each for each in files if kind_of(kind).names.match(each)]
    return [path.stem for path in definition_files(settings, kind)]


def open_draft(settings: Settings, kind: str, name: str) -> Draft:
    """The file of a definition, by its own name or the one that it says. A faulty file opens too: to be mended."""
    path = _found(settings, kind, name)
    if path is None:
        raise KithError(
            f"there is no {kind.rstrip('s')} '{name}'", expected=", ".join(drafts(settings, kind)[:20])
        )
    text = _read(path)
    return Draft(kind, _name_of(settings, kind, path), path, text or "", _digest(text))


def new_draft(settings: Settings, kind: str, name: str, text: str = "") -> Draft:
    """A definition that isn't there yet. Raises KithError for a name that is taken, or none."""
    if not kind_of(kind).names.match(name):
        expected = "small letters, digits and underscores" if kind_of(kind).suffix else "folder/file"
        raise KithError(f"'{name}' is no name for one of the {kind}", expected=expected)
    if _found(settings, kind, name) is not None:
        raise KithError(f"there is a {kind.rstrip('s')} '{name}' already", way_out="choose another name")
    return Draft(
        kind, name, settings.definitions / kind / f"{name}{kind_of(kind).suffix}", text, digest=ABSENT
    )


def check_draft(draft: Draft, text: str, settings: Settings) -> list[Remark]:
    """What saving this text would find; errors would stand in the way."""
    return remarks_on(settings, draft.kind, draft.path, text)


def save_draft(draft: Draft, text: str, visitor: Visitor, settings: Settings) -> Draft:
    """Write it if it reads well and nobody else was faster; answers the draft to go on with.

    Raises KithError without the right, at the first error of the text, and Overtaken.
    """
    visitor.require(kind_of(draft.kind).right)
    _refuse_faults(draft, text, settings)
    with exclusive(Home(settings.home).locks / f"editing-{draft.kind}"):
        _refuse_overtaken(draft, text)
        draft.path.parent.mkdir(parents=True, exist_ok=True)
        write_durably(draft.path, text.encode())
    saved = Draft(draft.kind, draft.name, draft.path, text, _digest(text))
    _write_down(settings, visitor, "Made" if draft.is_new else "Edited", draft, saved.digest)
    return saved


def delete_draft(draft: Draft, visitor: Visitor, settings: Settings) -> None:
    """Remove the file, unless somebody else edited it meanwhile (Overtaken). Who asks for it is the page's to tell."""
    visitor.require(kind_of(draft.kind).right)
    with exclusive(Home(settings.home).locks / f"editing-{draft.kind}"):
        _refuse_overtaken(draft, draft.text)
        draft.path.unlink()
        sync_folder(draft.path.parent)
    _write_down(settings, visitor, "Deleted", draft, ABSENT)


def text_difference(before: str, after: str, of_before: str = "before", of_after: str = "after") -> str:
    """The unified difference of two texts; empty where they are equal."""
    lines = unified_diff(before.splitlines(), after.splitlines(), of_before, of_after, lineterm="")
    return "\n".join(lines)


def _refuse_faults(draft: Draft, text: str, settings: Settings) -> None:
    for each in check_draft(draft, text, settings):
        if each.severity == "error":
            line = f":{each.line}" if each.line else ""
            where = f"{draft.kind}/{draft.path.name}{line}"
            raise KithError(
                each.message, where=f"{where}: {each.field}" if each.field else where, way_out=each.way_out
            )


def _refuse_overtaken(draft: Draft, mine: str) -> None:
    theirs = _read(draft.path)
    if _digest(theirs) != draft.digest:
        raise Overtaken(draft, theirs, mine)


def _found(settings: Settings, kind: str, name: str) -> Path | None:
    suffix = kind_of(kind).suffix
    if not suffix:
        path = settings.definitions / kind / name
        return path if kind_of(kind).names.match(name) and path.is_file() else None
    files = definition_files(settings, kind)
    by_stem = next((each for each in files if each.stem == name), None)
    return by_stem or next((each for each in files if _says(each) == name), None)


def _says(path: Path) -> str | None:
    """The name that a definition gives itself."""
    with suppress(KithError):
        document, _ = read_yaml(path)
        return document.get("name") if isinstance(document, dict) else None
    return None


def _name_of(settings: Settings, kind: str, path: Path) -> str:
    return path.stem if kind_of(kind).suffix else path.relative_to(settings.definitions / kind).as_posix()


def _read(path: Path) -> str | None:
    try:
        # As bytes: reading as text would turn the line ends of another system into ours.
        return path.read_bytes().decode()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise KithError(f"can't be read: {error}", where=str(path), expected="a text file in UTF-8") from None


def _digest(text: str | None) -> str:
    return ABSENT if text is None else sha256(text.encode()).hexdigest()


def _write_down(settings: Settings, visitor: Visitor, what: str, draft: Draft, digest: str) -> None:
    """In git where the file lies in a work tree, and in the log of who did what."""
    subject = f"{draft.kind}/{draft.name}"
    kept = keep_definition(draft.path, f"{what} {subject}", visitor.name)
    if kept.problem:
        LOG.warning("saved, but not committed", extra={"subject": subject, "problem": kept.problem})
    detail = {
        "before": draft.digest[:16],
        "after": digest[:16],
        **({"commit": kept.commit} if kept.commit else {}),
    }
    database = StateDatabase.open(settings)
    try:
        with database.begin() as connection:
            record(connection, WallClock().now(), visitor.name, f"{what} a definition", subject, detail)
    finally:
        database.close()
