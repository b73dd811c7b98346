"""Composing ahead of the hand-over, in processes beside the worker's own: whoever is free takes the next sheet.

The worker composes too, rather than wait. Killing a press process loses nothing: what it had in hand the worker
composes itself.
"""

import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from queue import SimpleQueue
from threading import Event, Lock, Thread

from activation.channels.contract import Capabilities
from activation.contract import PlannedMessage
from activation.delivery import press_process
from activation.delivery.composition import Composer, Draft, Wording
from activation.delivery.press_process import parts_of, read_frame, read_wording, sheet_of, write_frame
from activation.gates import Refusal
from kith.log import get_logger
from kith.settings import Settings, child_environment

_LOG = get_logger(__name__)
SHEET = 50
#: Fewer messages in a claim are composed before a process has started.
WORTHWHILE = 400
_MOST_PROCESSES = 3
_CLOSING_SECONDS = 5.0


@dataclass(eq=False)
class Sheet:
    """A few messages that are composed together, by whoever begins it."""

    messages: Sequence[PlannedMessage]
    capabilities: Capabilities
    drafts: list[Draft | Refusal] | None = None
    is_ready: Event = field(default_factory=Event)
    _turn: Lock = field(default_factory=Lock)

    def begin(self) -> bool:
        """Whether the caller is the one to compose it."""
        return self._turn.acquire(blocking=False)


class Proofs:
    """The drafts of one claim, begun in its order."""

    def __init__(self, composer: Composer, sheets: Sequence[Sheet], is_printing: Callable[[], bool]) -> None:
        self._composer, self._sheets, self._is_printing = composer, sheets, is_printing
        self._places: Mapping[str, tuple[Sheet, int]] = {
            message.message_id: (sheet, place)
            for sheet in sheets
            for place, message in enumerate(sheet.messages)
        }

    @property
    def is_printing(self) -> bool:
        """Whether somebody beside the worker composes."""
        return self._is_printing()

    def compose(self, messages: Sequence[PlannedMessage]) -> None:
        """Compose here what nobody began of these, from the end on."""
        sheets = dict.fromkeys(self._places[message.message_id][0] for message in messages)
        for sheet in reversed(list(sheets)):
            if sheet.begin():
                self._compose(sheet)

    def take(self, messages: Sequence[PlannedMessage]) -> list[Draft | Refusal]:
        """The drafts of some messages of the claim."""
        self.compose(messages)
        places = [self._places[message.message_id] for message in messages]
        return [self._finished(sheet)[place] for sheet, place in places]

    def drop(self) -> None:
        """Nobody needs the rest."""
        for sheet in self._sheets:
            sheet.begin()

    def _finished(self, sheet: Sheet) -> list[Draft | Refusal]:
        sheet.is_ready.wait()
        return self._compose(sheet) if sheet.drafts is None else sheet.drafts

    def _compose(self, sheet: Sheet) -> list[Draft | Refusal]:
        sheet.drafts = [self._composer.compose(message, sheet.capabilities) for message in sheet.messages]
        sheet.is_ready.set()
        return sheet.drafts


class Press:
    """One worker's. Its processes start with the first claim that is worth it."""

    def __init__(self, settings: Settings, composer: Composer) -> None:
        self._settings, self._composer = settings, composer
        self._waiting: SimpleQueue[Sheet | None] = SimpleQueue()
        self._processes: list[_Process] = []

    def begin(self, messages: Sequence[PlannedMessage], capabilities: Capabilities) -> Proofs:
        """Start composing these, in this order."""
        starts = range(0, len(messages), SHEET)
        sheets = [Sheet(messages[start : start + SHEET], capabilities) for start in starts]
        if not self._processes and len(messages) >= WORTHWHILE:
            self._start()
        if self._is_printing():
            for sheet in sheets:
                self._waiting.put(sheet)
        return Proofs(self._composer, sheets, self._is_printing)

    def close(self) -> None:
        """End the processes; never raises."""
        for _ in self._processes:
            self._waiting.put(None)
        for process in self._processes:
            process.close()
        self._processes.clear()

    def _is_printing(self) -> bool:
        return any(process.is_working for process in self._processes)

    def _start(self) -> None:
        """One for each processor that we may use but our own (KITH_THREADS), up to a few: more would wait for us."""
        count = min(self._settings.threads - 1, _MOST_PROCESSES)
        parts = parts_of(self._settings, self._composer.signer)
        self._processes = [_Process(self._waiting, parts) for _ in range(count)]


class _Process:
    """A child and the thread that speaks with it."""

    def __init__(self, waiting: SimpleQueue[Sheet | None], parts: Mapping[str, object]) -> None:
        self._waiting, self._parts = waiting, parts
        self._child = subprocess.Popen(
            [sys.executable, "-m", press_process.__name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=child_environment(),
        )
        self._thread = Thread(target=self._feed, name="kith-press", daemon=True)
        self._thread.start()

    @property
    def is_working(self) -> bool:
        return self._thread.is_alive()

    def close(self) -> None:
        self._thread.join(_CLOSING_SECONDS)
        self._child.kill()
        self._child.wait()

    def _feed(self) -> None:
        """Until it is told that nothing comes any more. Whatever happens here, the worker composes what is left."""
        sheet = None
        try:
            self._ask(self._parts)
            while (sheet := self._waiting.get()) is not None:
                if sheet.begin():
                    self._compose(sheet)
        except Exception:
            _LOG.exception("a composing process is of no use any more")
            if sheet is not None:
                sheet.is_ready.set()

    def _compose(self, sheet: Sheet) -> None:
        self._ask(sheet_of(sheet.messages, sheet.capabilities))
        assert self._child.stdout
        told = read_frame(self._child.stdout)
        if told is not None:
            sheet.drafts = [
                Draft(message, worded) if isinstance(worded, Wording) else worded
                for message, worded in zip(sheet.messages, map(read_wording, told), strict=True)
            ]
        sheet.is_ready.set()  # without drafts: whoever needs them makes them

    def _ask(self, said: object) -> None:
        assert self._child.stdin
        write_frame(self._child.stdin, said)
