"""Definitions in a git work tree: one commit of the file that was saved, by who saved it."""

import subprocess

import pytest

from kith.definitions.keeping import keep_definition


def _git(folder, *words):
    named = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    return subprocess.run(
        ["git", "-C", str(folder), *named, *words], text=True, capture_output=True, check=True
    ).stdout.strip()


@pytest.fixture
def tree(tmp_path):
    folder = tmp_path / "definitions" / "segments"
    folder.mkdir(parents=True)
    (folder / "lapsed.yml").write_text("segment: lapsed\n")
    _git(tmp_path, "init", "--quiet")
    _git(tmp_path, "add", ".")
    _git(tmp_path, "commit", "--quiet", "--message", "begun")
    return folder


def test_keeping__commits_the_file_alone_by_who_saved_it(tree):
    (tree / "other.yml").write_text("half done")
    _git(tree, "add", "other.yml")
    (tree / "lapsed.yml").write_text("segment: lapsed\ndescription: long gone\n")
    kept = keep_definition(tree / "lapsed.yml", "Edited segments/lapsed", "mara")
    assert kept.commit == _git(tree, "rev-parse", "--short", "HEAD")
    assert _git(tree, "show", "--name-only", "--format=%an|%s") == (
        "mara|Edited segments/lapsed\n\ndefinitions/segments/lapsed.yml"
    )
    assert _git(tree, "status", "--porcelain") == "A  definitions/segments/other.yml"


def test_keeping__new_and_deleted_files(tree):
    (tree / "new.yml").write_text("segment: new\n")
    assert keep_definition(tree / "new.yml", "Made segments/new", "mara").commit
    (tree / "new.yml").unlink()
    assert keep_definition(tree / "new.yml", "Deleted segments/new", "mara").commit
    assert _git(tree, "log", "--format=%s") == "Deleted segments/new\nMade segments/new\nbegun"


def test_keeping__says_nothing_where_nothing_is_to_be_kept(tree, tmp_path_factory):
    assert keep_definition(tree / "lapsed.yml", "Edited", "mara").commit == ""
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "lapsed.yml"
    elsewhere.write_text("segment: lapsed\n")
    kept = keep_definition(elsewhere, "Edited", "mara")
    assert (kept.commit, kept.problem) == ("", "")
    (tree / ".gitignore").write_text("*.yml\n")
    (tree / "mine.yml").write_text("segment: mine\n")
    kept = keep_definition(tree / "mine.yml", "Made", "mara")
    assert (kept.commit, kept.problem) == ("", "")


def test_keeping__a_refused_commit_is_told_and_loses_nothing(tree):
    hook = tree.parents[1] / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho no commits today >&2\nexit 1\n")
    hook.chmod(0o755)
    (tree / "lapsed.yml").write_text("segment: lapsed\ndescription: long gone\n")
    kept = keep_definition(tree / "lapsed.yml", "Edited segments/lapsed", "mara")
    assert (kept.commit, kept.problem) == ("", "no commits today")
    assert "long gone" in (tree / "lapsed.yml").read_text()
