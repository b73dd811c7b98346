"""Two people edit one file: the second is told, nothing is lost; no faulty text is ever written."""

from __future__ import annotations

import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text

from dashboards.definition_kinds import KINDS
from dashboards.editing import (
    Draft,
    Overtaken,
    delete_draft,
    drafts,
    new_draft,
    open_draft,
    save_draft,
)
from kith.accounts import Role, Visitor
from kith.errors import KithError
from kith.settings import PROJECT, Settings
from kith.state import StateDatabase

ADA, BOB, VIC = (
    Visitor("ada", Role.ADMIN),
    Visitor("bob", Role.MARKETER),
    Visitor("vic", Role.VIEWER),
)
BEFORE = "description: Here.\nwho: {attribute: country, is: GB}\n"
MINE = "description: Mine.\nwho: {attribute: country, is: DE}\n"
THEIRS = "description: Theirs.\nwho: {attribute: country, is: FR}\n"


@pytest.fixture
def written(settings: Settings, tmp_path: Path) -> Settings:
    """Settings over definitions of our own: one segment, and what is shipped of the other kinds."""
    folder = tmp_path / "definitions"
    shutil.copytree(PROJECT / "activation" / "definitions", folder)
    shutil.rmtree(folder / "segments")
    (folder / "segments").mkdir()
    (folder / "segments" / "here.yml").write_text(BEFORE)
    return settings.model_copy(update={"definitions": folder})


@pytest.fixture
def here(written: Settings) -> Draft:
    return open_draft(written, "segments", "here")


def test_save__writes_and_goes_on_from_there(written: Settings, here: Draft) -> None:
    saved = save_draft(here, MINE, ADA, written)
    assert here.path.read_text() == MINE
    assert save_draft(saved, THEIRS, ADA, written).path.read_text() == THEIRS


def test_save__tells_the_second_of_two_and_loses_nothing(written: Settings, here: Draft) -> None:
    other = open_draft(written, "segments", "here")
    save_draft(other, THEIRS, BOB, written)
    with pytest.raises(Overtaken) as told:
        save_draft(here, MINE, ADA, written)
    assert here.path.read_text() == THEIRS
    assert (told.value.theirs, told.value.mine) == (THEIRS, MINE)
    assert "-description: Theirs." in told.value.diff
    assert "+description: Mine." in told.value.diff


def test_save__over_theirs_once_it_was_looked_at(written: Settings, here: Draft) -> None:
    here.path.write_text(THEIRS)
    save_draft(open_draft(written, "segments", "here"), MINE, ADA, written)
    assert here.path.read_text() == MINE


def test_save__of_many_at_once_writes_one(written: Settings, here: Draft) -> None:
    texts = [MINE.replace("Mine", f"Editor {number}") for number in range(6)]

    def save(body: str) -> bool:
        try:
            save_draft(here, body, ADA, written)
        except Overtaken:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        saved = list(pool.map(save, texts))
    assert saved.count(True) == 1
    assert here.path.read_text() == texts[saved.index(True)]


def test_save__tells_that_the_file_was_deleted(written: Settings, here: Draft) -> None:
    here.path.unlink()
    with pytest.raises(Overtaken, match="was deleted") as told:
        save_draft(here, MINE, ADA, written)
    assert told.value.theirs is None
    assert not here.path.exists()


@pytest.mark.parametrize(
    ("faulty", "problem"),
    [
        ("who: {attribute: country, is: GB", "no valid YAML"),
        ("who: {attribute: country}", "no comparison"),
        ("who: {did: A}\nwhom: 1\n", "no such field"),
    ],
)
def test_save__refuses_what_does_not_read(written: Settings, here: Draft, faulty: str, problem: str) -> None:
    with pytest.raises(KithError, match=problem) as told:
        save_draft(here, faulty, ADA, written)
    assert str(told.value).startswith("segments/here.yml:")
    assert "kith-draft" not in str(told.value)
    assert here.path.read_text() == BEFORE


def test_save__refuses_a_viewer(written: Settings, here: Draft) -> None:
    with pytest.raises(KithError, match="vic is viewer"):
        save_draft(here, MINE, VIC, written)
    with pytest.raises(KithError, match="vic is viewer"):
        delete_draft(here, VIC, written)
    assert here.path.read_text() == BEFORE


def test_save__refuses_who_may_edit_segments_alone(written: Settings) -> None:
    ann = Visitor("ann", Role.ANALYST)
    journey = open_draft(written, "journeys", "abandoned_cart")
    with pytest.raises(KithError, match="ann is analyst"):
        save_draft(journey, journey.text + "\n# mine\n", ann, written)


def test_new__makes_a_file_and_refuses_a_name_that_is_taken(written: Settings) -> None:
    draft = new_draft(written, "segments", "there")
    assert save_draft(draft, MINE, ADA, written).path.read_text() == MINE
    with pytest.raises(KithError, match="already"):
        new_draft(written, "segments", "there")
    with pytest.raises(Overtaken):  # somebody made one of the name meanwhile
        save_draft(draft, THEIRS, ADA, written)


@pytest.mark.parametrize("name", ["../here", "a/b", ".hidden", "", "Über", "x" * 80, "here\n"])
@pytest.mark.parametrize("kind", ["segments", "journeys"])
def test_new__refuses_what_is_no_name(written: Settings, kind: str, name: str) -> None:
    with pytest.raises(KithError, match="no name"):
        new_draft(written, kind, name)


@pytest.mark.parametrize(
    "name", ["../segments/here.yml", "come_back/../../x.txt", "come_back", "/etc/passwd"]
)
def test_templates__reach_no_file_outside(written: Settings, name: str) -> None:
    with pytest.raises(KithError):
        open_draft(written, "templates", name)
    with pytest.raises(KithError):
        new_draft(written, "templates", name)


def test_delete__removes_the_file_unless_it_was_edited(written: Settings, here: Draft) -> None:
    here.path.write_text(THEIRS)
    with pytest.raises(Overtaken):
        delete_draft(here, ADA, written)
    delete_draft(open_draft(written, "segments", "here"), ADA, written)
    assert drafts(written, "segments") == []


def test_open__finds_by_the_name_that_a_file_says_and_opens_a_faulty_one(written: Settings) -> None:
    folder = written.definitions / "segments"
    (folder / "odd.yaml").write_text("name: even\nwho: {did: A}\n")
    (folder / "broken.yml").write_text("who: {")
    assert open_draft(written, "segments", "even").path.name == "odd.yaml"
    assert open_draft(written, "segments", "broken").text == "who: {"
    with pytest.raises(KithError, match="expected broken, here, odd"):
        open_draft(written, "segments", "nobody")


@pytest.mark.parametrize("kind", ["journeys", "campaigns", "templates", "syncs"])
def test_every_kind__opens_what_is_shipped_and_saves_it_unchanged(written: Settings, kind: str) -> None:
    name = drafts(written, kind)[0]
    draft = open_draft(written, kind, name)
    saved = save_draft(draft, draft.text, ADA, written)
    assert (
        saved.path.read_bytes()
        == (PROJECT / "activation" / "definitions")
        .joinpath(saved.path.relative_to(written.definitions))
        .read_bytes()
    )


@pytest.mark.parametrize(
    ("kind", "name", "faulty"),
    [
        ("journeys", "abandoned_cart", "enter: {}\nsteps: 3\n"),
        ("campaigns", "winback", "audience: {}\n"),
        ("templates", "come_back/body.html", "{% if first_name %}"),
        ("syncs", "crm_customers", "to: nowhere\n"),
        ("dashboards", "mine", "- a list"),
    ],
)
def test_every_kind__refuses_a_faulty_text(written: Settings, kind: str, name: str, faulty: str) -> None:
    is_there = name in drafts(written, kind)
    draft = open_draft(written, kind, name) if is_there else new_draft(written, kind, name)
    with pytest.raises(KithError):
        save_draft(draft, faulty, ADA, written)
    assert not is_there or draft.path.read_text() == draft.text


def test_kinds__are_refused_where_nobody_edits_them(written: Settings) -> None:
    with pytest.raises(KithError, match="not edited here"):
        open_draft(written, "identity", "rules")
    assert "identity" not in KINDS


def test_log__says_who_edited_what(written: Settings, here: Draft) -> None:
    saved = save_draft(here, MINE, BOB, written)
    delete_draft(saved, ADA, written)
    save_draft(new_draft(written, "segments", "there"), THEIRS, ADA, written)
    database = StateDatabase.open(written)
    with database.read() as connection:
        rows = connection.execute(text("SELECT actor, action, subject, detail FROM audit ORDER BY entry_id"))
        found = [tuple(row) for row in rows]
    database.close()
    assert [row[:3] for row in found] == [
        ("bob", "Edited a definition", "segments/here"),
        ("ada", "Deleted a definition", "segments/here"),
        ("ada", "Made a definition", "segments/there"),
    ]
    assert here.digest[:16] in found[0][3]
    assert saved.digest[:16] in found[0][3]


def test_save__in_a_git_work_tree_is_a_commit_of_that_file(written: Settings) -> None:
    def git(*words: str) -> str:
        told = [
            "git",
            "-C",
            str(written.definitions),
            "-c",
            "user.name=x",
            "-c",
            "user.email=x@example.org",
            *words,
        ]
        return subprocess.run(told, text=True, capture_output=True, check=True).stdout.strip()

    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "--message", "begun")
    saved = save_draft(open_draft(written, "segments", "here"), MINE, BOB, written)
    delete_draft(saved, ADA, written)
    assert git("log", "--format=%an %s").splitlines()[:2] == [
        "ada Deleted segments/here",
        "bob Edited segments/here",
    ]
    assert git("status", "--porcelain") == ""
