"""Errors that people read: one sentence that names the place, what was expected and the way out."""

from __future__ import annotations


class KithError(Exception):
    """Something a person can put right. The command line prints it as one sentence and exits with 1.

    `where` names the place (file, line, column, setting), `expected` what would have been right and
    `way_out` the next thing to do.
    """

    exit_code = 1

    def __init__(
        self,
        problem: str,
        *,
        where: str | None = None,
        expected: str | None = None,
        way_out: str | None = None,
    ) -> None:
        self.problem, self.where, self.expected, self.way_out = problem, where, expected, way_out
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        head = f"{self.where}: {self.problem}" if self.where else self.problem
        tail = [f"expected {self.expected}"] if self.expected else []
        if self.way_out:
            tail.append(self.way_out)
        return printable("; ".join([head, *tail]))


class UsageError(KithError):
    """The command was called wrongly. Exit code 2."""

    exit_code = 2


def printable(text: str) -> str:
    """What a terminal may show: no character of somebody else's moves its cursor or turns the text around."""
    return "".join(each if each.isprintable() or each == "\n" else f"\\u{ord(each):04x}" for each in text)
