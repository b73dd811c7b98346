"""Pushing a plan: batches marked, pushed several at a time, settled; a killed run is taken up where it stood.

Marks of the next batches and answers of the last ones share a transaction. An operation's batches all end before
those of the next begin: removals are through before anything is added.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from functools import partial

from activation.destinations.contract import REMOVALS, Answer, Batch, Destination, Operation, Status, Verdict
from activation.syncs.plan_rows import PlanRows, Slot
from activation.syncs.progress import SENDING, WAITING, Name, Progress, Standing
from activation.syncs.settlement import MAX_ATTEMPTS, Policy, lost, next_wait, settle, withhold
from kith.log import get_logger

_LOG = get_logger(__name__)
PATIENCE = 120.0  # seconds that a run waits for a destination; a longer wait ends it, unfinished
_TOGETHER = 0.002  # seconds
Wait = Callable[[float], None]
_NO_ANSWER = Answer(Verdict(Status.UNKNOWN, "destination_raised"))


@dataclass(frozen=True)
class _Task:
    """A batch or a part of one, with its place in the plan."""

    slot: Slot
    standing: Standing

    @property
    def positions(self) -> Sequence[int]:
        return self.standing.places or range(self.slot.first, self.slot.first + self.slot.count)


@dataclass
class Pusher:
    """One run's pushing. `told` hears how many rows were just settled for good; `withdrawn` answers the places of people
    who withdrew the consent that the sync asks for."""

    rows: PlanRows
    progress: Progress
    destination: Destination
    policy: Policy
    pause: Wait = time.sleep
    told: Callable[[int], None] = lambda count: None
    withdrawn: Callable[[Sequence[str | None]], Sequence[int]] | None = None
    stopped: str = field(default="", init=False)
    _tokens: dict[Name, str] = field(default_factory=dict, init=False)
    _successes: int = field(default=0, init=False)
    _flying: dict[Future[Answer], _Task] = field(default_factory=dict, init=False)
    _settled: list[Standing] = field(default_factory=list, init=False)
    _later: list[tuple[float, Name, _Task]] = field(default_factory=list, init=False)

    def push(self) -> str:
        """Push all that has no answer. Answers why it stopped before the end, or an empty text."""
        known = self.progress.load()
        self._recover(known)
        at_once = self.policy.capabilities.in_flight
        with ThreadPoolExecutor(max_workers=at_once, thread_name_prefix="kith-sync") as pool:
            try:
                for phase in range(len(self.rows.plan.phases)):
                    self._push_phase(pool, at_once, self._tasks(known, phase))
                    if self.stopped:
                        break
            finally:
                self._drain()
        return self.stopped

    def _recover(self, known: dict[Name, Standing]) -> None:
        """Batches that were marked and never answered: the process that pushed them died."""
        slots = {slot.number: slot for slot in self.rows.slots}
        found = []
        for name, standing in known.items():
            if standing.state == SENDING:
                slot = slots[standing.number]
                found.append((name, lost(self.policy, standing, slot.operation, slot.count)))
        self.progress.write([standing for _name, standing in found], [])
        known.update(found)

    def _tasks(self, known: dict[Name, Standing], phase: int) -> Iterator[_Task]:
        """What is left of one operation: batches never marked, and parts that wait for another try."""
        parts: dict[int, list[Standing]] = {}
        for standing in known.values():
            parts.setdefault(standing.number, []).append(standing)
        for slot in self.rows.slots:
            if slot.phase != phase:
                continue
            if slot.number not in parts:
                yield _Task(slot, Standing(self.progress.run_id, slot.number))
            for standing in parts.get(slot.number, ()):
                if standing.state == WAITING:
                    yield _Task(slot, standing)

    def _push_phase(self, pool: ThreadPoolExecutor, at_once: int, tasks: Iterator[_Task]) -> None:
        while not self.stopped:
            ready = self._next(tasks, at_once - len(self._flying))
            self._launch(pool, ready)
            if self._flying:
                self._collect()
            elif self._later:
                self._rest()
            elif not ready:
                break
        self._write([])

    def _next(self, tasks: Iterator[_Task], free: int) -> list[_Task]:
        """What is due again, then what was never tried; `free` at most."""
        ready: list[_Task] = []
        while len(ready) < free:
            task = self._due() or next(tasks, None)
            if task is None:
                break
            ready.append(task)
        return ready

    def _launch(self, pool: ThreadPoolExecutor, tasks: Sequence[_Task]) -> None:
        allowed = (self._allowed(task) for task in tasks)
        marked = [replace(task, standing=task.standing.marked()) for task in allowed if task]
        self._write([task.standing for task in marked])
        for task in marked:
            self._flying[pool.submit(self._carry, task)] = task

    def _carry(self, task: _Task) -> Answer:
        """On a thread of the pool: its rows are read where they are needed. A destination that raises says nothing of
        them; a plan that can't be read ends the run."""
        batch = self._batch(task)
        try:
            return self.destination.push(batch, partial(self._note, task.standing))
        except Exception:
            _LOG.exception("a destination raised")
            return _NO_ANSWER

    def _allowed(self, task: _Task) -> _Task | None:
        """What of a batch may leave now: people who withdrew meanwhile stay behind. Removals always go."""
        if self.withdrawn is None or task.slot.operation in REMOVALS:
            return task
        places = self.withdrawn(self.rows.people(task.positions))
        if not places:
            return task
        done, *rest = withhold(self.policy, task.standing, task.slot.operation, task.positions, places)
        self._settled += [done, *rest]
        self.told(len(places))
        return _Task(task.slot, rest[0]) if rest else None

    def _note(self, standing: Standing, token: str) -> None:
        """Called by the destination, on its thread, before the answer."""
        self._tokens[standing.name] = token
        self.progress.note(standing, token)

    def _write(self, marked: Sequence[Standing]) -> None:
        settled, self._settled = self._settled, []
        self.progress.write(settled, marked)

    def _batch(self, task: _Task) -> Batch:
        standing, slots = task.standing, self.rows.slots
        return Batch(
            standing.batch_id,
            standing.run_id,
            standing.number,
            task.slot.operation,
            self.rows.rows(task.positions),
            standing.attempts,
            standing.token,
            task.slot.number == slots[-1].number,
        )

    def _collect(self) -> None:
        """Settle whatever has been answered; waits for one, and a moment for half of what is out: answers that come
        together are written down together, with the next marks."""
        done, rest = wait(self._flying, return_when=FIRST_COMPLETED)
        until = time.monotonic() + _TOGETHER
        while len(done) < len(rest) and (left := until - time.monotonic()) > 0:
            more, rest = wait(rest, left, return_when=FIRST_COMPLETED)
            done |= more
        for future in done:
            task = self._flying.pop(future)
            self._settle(task, future.result())

    def _settle(self, task: _Task, answer: Answer) -> None:
        positions = task.positions
        standing = replace(task.standing, token=self._tokens.get(task.standing.name, task.standing.token))
        standings = settle(self.policy, standing, task.slot.operation, positions, answer)
        self._settled += standings
        going_on = [each for each in standings if each.state == WAITING]
        ended = len(positions) - sum(len(each.places) or len(positions) for each in going_on)
        self._successes += ended > 0
        self.told(ended)
        if answer.is_halt:
            self.stopped = self.stopped or answer.of_all.detail or "halted"
        for standing in going_on:
            self._try_later(_Task(task.slot, standing), answer)

    def _try_later(self, task: _Task, answer: Answer) -> None:
        seconds = next_wait(task.standing, answer.retry_after) if not answer.must_split else 0.0
        if seconds > PATIENCE:
            self.stopped = self.stopped or "asked_to_wait"
        elif task.standing.attempts >= MAX_ATTEMPTS - 1 and not self._successes:
            # Nothing is taken at all: the rows keep their last try for another run.
            self.stopped = self.stopped or answer.of_all.detail or "nothing_taken"
        heapq.heappush(self._later, (time.monotonic() + seconds, task.standing.name, task))

    def _due(self) -> _Task | None:
        if self._later and self._later[0][0] <= time.monotonic():
            return heapq.heappop(self._later)[2]
        return None

    def _rest(self) -> None:
        """Nothing is in flight: write down what is known, then wait for the next try."""
        self._write([])
        due, name, task = heapq.heappop(self._later)
        self.pause(max(0.0, due - time.monotonic()))
        heapq.heappush(self._later, (0.0, name, task))

    def _drain(self) -> None:
        """Whatever happens, answers that are on their way are waited for and written down."""
        failure = None
        while self._flying:
            try:
                self._collect()
            except Exception as raised:
                failure = raised
        self._write([])
        if failure:
            raise failure


__all__ = ["Operation", "Pusher"]
