"""What a page changes in the world: one public `kith` command in a process of its own, written down with who asked.

Pages read by themselves and act through the commands that scripts use too, so a click can do nothing that a command
can't, and what was done can be done again by hand.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import orjson
import streamlit as st

from kith.accounts import Right, Visitor
from kith.cli.progress import read_progress
from kith.clock import WallClock
from kith.settings import Settings, child_environment
from kith.state import StateDatabase
from kith.state.audit import record


@dataclass(frozen=True)
class Action:
    """`words` are the command's without `kith`; `subject` is what it is about, for the log: never an address.

    A `secret` is given to the command as its input: it stands in no list of processes and in no log.
    """

    label: str
    words: tuple[str, ...]
    right: Right
    subject: str
    secret: str = field(default="", repr=False)


@dataclass(frozen=True)
class Done:
    """How it ended. `told` is the command's JSON where it printed any, `problem` its last line of error."""

    exit_code: int
    told: Any
    problem: str

    @property
    def is_done(self) -> bool:
        return self.exit_code == 0


def perform(
    action: Action, visitor: Visitor, settings: Settings, tell: Callable[[str], None] = lambda line: None
) -> Done:
    """Run the command; each line of its progress goes to `tell` as it comes. Raises KithError without the right.

    The log has an entry before and one after: one that was begun and never ended shows.
    """
    visitor.require(action.right)
    _write_down(settings, visitor, action, "asked for", {})
    done = run_command(settings, action.words, tell, action.secret)
    _write_down(settings, visitor, action, "ended", {"exit_code": done.exit_code})
    return done


def show_action(action: Action, visitor: Visitor, settings: Settings) -> Done:
    """Perform it with its progress on the page."""
    with st.status(f"{action.label} …", expanded=True) as status:
        done = perform(action, visitor, settings, tell=_Teller(status))
        if done.is_done:
            status.update(label=f"{action.label}: done", state="complete", expanded=False)
        else:
            status.update(label=f"{action.label}: {done.problem or 'did not work'}", state="error")
    return done


class _Teller:
    """Lines as they come, and one bar for those that say how far it is."""

    def __init__(self, place: Any) -> None:
        self._place, self._bar = place, None

    def __call__(self, line: str) -> None:
        told = read_progress(line)
        if told is None:
            self._place.write(line)
            return
        self._bar = self._bar or self._place.empty()
        self._bar.progress(min(told.done / told.total, 1.0), text=line)


def run_command(
    settings: Settings,
    words: Sequence[str],
    tell: Callable[[str], None] = lambda line: None,
    secret: str = "",
) -> Done:
    """A `kith` command of these words in a process of its own, told to answer in JSON; `secret` is its input."""
    command = [str(Path(sys.executable).parent / "kith"), *words, "--format", "json"]
    told = child_environment(KITH_HOME=str(settings.home))
    last = ""
    # The result goes to a file: in a pipe that nobody reads yet, a long one would stop the command.
    with TemporaryFile("w+") as output:
        # The input is never the server's own: a command that asks something there would wait for ever.
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.PIPE, text=True, env=told
        ) as child:
            assert child.stdin is not None
            assert child.stderr is not None
            with suppress(BrokenPipeError), child.stdin:
                child.stdin.write(f"{secret}\n" if secret else "")
            for line in child.stderr:
                if line := line.strip():
                    last = line
                    tell(line)
        output.seek(0)
        answer = _read(output.read())
    return Done(child.returncode, answer, "" if child.returncode == 0 else last.removeprefix("kith: "))


def _read(output: str) -> Any:
    try:
        return orjson.loads(output)
    except orjson.JSONDecodeError:
        return output


def _write_down(
    settings: Settings, visitor: Visitor, action: Action, stage: str, more: dict[str, Any]
) -> None:
    database = StateDatabase.open(settings)
    try:
        with database.begin() as connection:
            detail = {"command": " ".join(("kith", *action.words[:2])), **more}
            record(
                connection,
                WallClock().now(),
                visitor.name,
                f"{action.label}: {stage}",
                action.subject,
                detail,
            )
    finally:
        database.close()
