"""The lines to one vendor: connections of their own, by each of which one hand-over at a time is on its way."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from activation.channels.contract import Answer, Channel, ChannelPlugin, Request, Status
from activation.contract import Reason
from activation.delivery.settlement import Claimed
from kith.log import get_logger

_LOG = get_logger(__name__)


@dataclass(frozen=True, eq=False)
class Flight:
    """One hand-over on its way."""

    line: Channel
    marked: Sequence[Claimed]
    answers: Future[list[Answer]]


class Lines:
    """At most `capabilities.calls_at_once` of them, built when first needed. For the worker's own thread: sending alone
    runs beside it."""

    def __init__(self, plugin: ChannelPlugin) -> None:
        self._plugin = plugin
        self._built: list[Channel] = []
        self._flights: list[Flight] = []
        self._threads: ThreadPoolExecutor | None = None

    def idle(self) -> Channel | None:
        """A line that nothing is on its way by; None where all of them are taken."""
        taken = {id(flight.line) for flight in self._flights}
        free = next((line for line in self._built if id(line) not in taken), None)
        if free is None and len(self._built) < self._plugin.capabilities.calls_at_once:
            free = self._plugin.build()
            self._built.append(free)
        return free

    def first(self) -> Channel:
        """The one line that there always is; it may be taken."""
        if not self._built:
            self.idle()
        return self._built[0]

    def launch(self, line: Channel, marked: Sequence[Claimed], requests: list[Request], waits: bool) -> None:
        """Send by an idle line. `waits`: there is nothing to do meanwhile, so no other thread is troubled."""
        if waits:
            answers: Future[list[Answer]] = Future()
            answers.set_result(self._send(line, requests))
        else:
            answers = self._pool().submit(self._send, line, requests)
        self._flights.append(Flight(line, marked, answers))

    def landed(self, wait_for_all: bool = False) -> list[tuple[Claimed, Answer]]:
        """What came back, waiting for the first of those on their way, or for all of them. Each is told once."""
        if self._flights and not wait_for_all:
            self._flights[0].answers.result()
        down = [flight for flight in self._flights if wait_for_all or flight.answers.done()]
        told = [pair for each in down for pair in zip(each.marked, each.answers.result(), strict=True)]
        self._flights = [flight for flight in self._flights if flight not in down]
        return told

    def close(self) -> None:
        """Leave politely; never raises."""
        threads, self._threads = self._threads, None
        if threads is not None:
            threads.shutdown()
        for line in self._built:
            line.close()
        self._built.clear()

    def _send(self, line: Channel, requests: list[Request]) -> list[Answer]:
        """Whatever a channel raises, nobody knows how far it got."""
        try:
            return line.send(requests)
        except Exception:
            _LOG.exception("a channel broke while sending", extra={"channel": self._plugin.channel})
            lost = (Status.UNKNOWN, Reason.ANSWER_LOST, "channel_broke")
            return [Answer(request.message_id, *lost) for request in requests]

    def _pool(self) -> ThreadPoolExecutor:
        if self._threads is None:
            most = self._plugin.capabilities.calls_at_once
            self._threads = ThreadPoolExecutor(most, thread_name_prefix="kith-line")
        return self._threads
