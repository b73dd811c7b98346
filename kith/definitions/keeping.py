"""A saved definition is kept by git too, where its folder lies in a work tree: one commit of that file alone."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from kith.settings import child_environment

#: Long enough for a slow disk and a hook, short enough for somebody who waits for a page.
PATIENCE_SECONDS = 20
#: git wants an address of everybody; people's own stay out of it.
NO_ADDRESS = "nobody@localhost"


@dataclass(frozen=True)
class Keeping:
    """`commit` is the short name of the commit; none where there is no work tree, or where git said `problem`."""

    commit: str = ""
    problem: str = ""


def keep_definition(path: Path, what: str, who: str) -> Keeping:
    """Commit one file that was written or deleted, and nothing else that may be staged. Never raises: what was saved
    is saved, whether or not git would take it."""
    try:
        if _git(path.parent, who, "rev-parse", "--is-inside-work-tree") != "true" or _is_ignored(path, who):
            return Keeping()
        _git(path.parent, who, "add", "--all", "--", path.name)
        if not _git(path.parent, who, "status", "--porcelain", "--", path.name):
            return Keeping()  # saved as it was
        _git(path.parent, who, "commit", "--quiet", "--only", "--message", what, "--", path.name)
        return Keeping(commit=_git(path.parent, who, "rev-parse", "--short", "HEAD"))
    except FileNotFoundError:
        return Keeping()  # no git here
    except subprocess.TimeoutExpired:
        return Keeping(problem=f"git took longer than {PATIENCE_SECONDS} s")
    except subprocess.CalledProcessError as error:
        said = str(error.stderr).strip()
        return Keeping() if "not a git repository" in said else Keeping(problem=said.splitlines()[-1][:300])


def _is_ignored(path: Path, who: str) -> bool:
    try:
        _git(path.parent, who, "check-ignore", "--quiet", "--", path.name)
    except subprocess.CalledProcessError as error:
        return error.returncode != 1
    return True


def _git(folder: Path, who: str, *words: str) -> str:
    named = {
        f"GIT_{role}_{part}": told
        for role in ("AUTHOR", "COMMITTER")
        for part, told in (("NAME", who), ("EMAIL", NO_ADDRESS))
    }
    told = child_environment(GIT_TERMINAL_PROMPT="0", **named)
    done = subprocess.run(
        ["git", "-C", str(folder), *words],
        env=told, text=True, capture_output=True, check=True, timeout=PATIENCE_SECONDS,
    )  # fmt: skip
    return done.stdout.strip()
