"""Mail over a few kept SMTP connections: the letters of a batch are built, then each connection takes the next."""

import smtplib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from activation.channels._addresses import sendable
from activation.channels._esp_services import RELAY_HEADERS
from activation.channels._mime import own_letterhead
from activation.channels._smtp_line import Letter, Line, Pile, Tell
from activation.channels._smtp_settings import Post
from activation.channels.contract import Answer, ChannelDown, Reason, Refused, Request, Status

_BROKEN = (OSError, smtplib.SMTPException)
#: What a request's own words can be refused for, and whose fault that is.
_REASONS = {"bad_address": Reason.ADDRESS_REFUSED, "needs_smtputf8": Reason.ADDRESS_REFUSED}


class SmtpConnection:
    """A channel (contract.Channel) over `settings.connections` TCP connections; the first opens with the channel, the
    others when there is something for them."""

    def __init__(self, post: Post) -> None:
        self.settings, self._signer, self._return_path = post.settings, post.signer, post.return_path
        relay_header = RELAY_HEADERS.get(self.settings.relay, "")
        self._letterhead = own_letterhead(
            "KITH_SMTP_", self.settings.sender, self.settings.sender_name, relay_header
        )
        self._sender = sendable(self.settings.sender)
        self._lines = [Line(self.settings, self._letterhead.domain) for _ in range(self.settings.connections)]
        self._threads: ThreadPoolExecutor | None = None

    def open(self) -> None:
        if any(line.is_open for line in self._lines):
            return
        place = f"KITH_SMTP_HOST {self.settings.host}:{self.settings.port}"
        try:
            self._lines[0].open()
        except _BROKEN as error:
            raise ChannelDown(f"{place} can't be used: {type(error).__name__}") from error

    def send(self, batch: Sequence[Request]) -> list[Answer]:
        answers: list[Answer | None] = [None] * len(batch)
        letters: list[Letter] = []
        for place, request in enumerate(batch):
            made = self._letter(place, request)
            if isinstance(made, Letter):
                letters.append(made)
            else:
                answers[place] = made

        def tell(letter: Letter, answer: Answer) -> None:
            answers[letter.place] = answer

        self._deliver(Pile(letters, self._signer.sign if self._signer else None), tell)
        return [
            answer
            or Answer(request.message_id, Status.DEFERRED, Reason.CHANNEL_UNAVAILABLE, "connection_lost")
            for request, answer in zip(batch, answers, strict=True)
        ]

    def close(self) -> None:
        for line in self._lines:
            line.close()
        threads, self._threads = self._threads, None
        if threads is not None:
            threads.shutdown()

    def _letter(self, place: int, request: Request) -> Letter | Answer:
        try:
            recipient = sendable(request.address)
            mail = self._letterhead.mail(request)
        except Refused as refusal:
            reason = _REASONS.get(refusal.detail, Reason.CONTENT_REFUSED)
            return Answer(request.message_id, Status.FAILED, reason, refusal.detail)
        sender = self._return_path.of(request.message_id) if self._return_path else self._sender
        return Letter(place, request.message_id, sender, recipient, mail)

    def _deliver(self, letters: Pile, tell: Tell) -> None:
        """Until every letter has its answer, or no connection gets any further. A connection that was lost is opened
        again as long as letters still get answers by it: one bad mail must not hold up the others."""
        is_moving = bool(letters) and any(line.is_open for line in self._lines)
        while letters and is_moving:
            before = len(letters)
            lines = self._lines[: min(len(self._lines), before)]
            if len(lines) == 1:
                self._work(lines[0], letters, tell)
            else:
                list(self._pool().map(lambda line: self._work(line, letters, tell), lines))
            is_moving = len(letters) < before

    def _work(self, line: Line, letters: Pile, tell: Tell) -> None:
        try:
            line.open()
        except _BROKEN:
            return
        line.deliver(letters, tell)

    def _pool(self) -> ThreadPoolExecutor:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(len(self._lines), thread_name_prefix="kith-smtp")
        return self._threads
