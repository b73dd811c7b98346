"""One SMTP connection (RFC 5321) that knows how far each letter got, and wastes no round trip where it may (RFC 2920).

What matters is the instant at which the final dot has gone out: before it a lost connection means "not sent", after it
"we don't know". With PIPELINING the envelope of the next letter travels in the packet that ends this one, so that a
letter costs one round trip; without it each command waits for its reply.
"""

import smtplib
import socket
import ssl
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from activation.channels._smtp_settings import SmtpSettings
from activation.channels._status_codes import judge_reply
from activation.channels.contract import Answer, Reason, Status

_READY, _GO_AHEAD, _CLOSING = 250, 354, 421
_BROKEN = (OSError, smtplib.SMTPException)
_STAGES = ("mail", "rcpt", "data")


@dataclass(frozen=True, slots=True)
class Letter:
    """A built mail and its envelope. `place` is where it stood in the batch."""

    place: int
    message_id: str
    sender: str
    recipient: str
    mail: bytes
    is_signed: bool = False

    @property
    def envelope(self) -> tuple[str, str, str]:
        """The three commands before the mail itself."""
        return f"MAIL FROM:<{self.sender}>", f"RCPT TO:<{self.recipient}>", "DATA"


Tell = Callable[[Letter, Answer], None]


class Pile:
    """The letters of one batch that have no answer yet; several lines take from it. They are signed when taken."""

    def __init__(self, letters: Sequence[Letter], sign: Callable[[bytes], bytes] | None) -> None:
        self._letters, self._sign = deque(letters), sign

    def __len__(self) -> int:
        return len(self._letters)

    def take(self) -> Letter | None:
        """The next one, ready to go; None where all are taken."""
        try:
            letter = self._letters.popleft()
        except IndexError:
            return None
        if self._sign is None or letter.is_signed:
            return letter
        return replace(letter, mail=self._sign(letter.mail), is_signed=True)

    def give_back(self, letter: Letter) -> None:
        """It was not sent: another line may take it."""
        self._letters.appendleft(letter)


class Line:
    """One connection. `deliver` may be called from any thread, one at a time."""

    def __init__(self, settings: SmtpSettings, greeting: str) -> None:
        self.settings, self.greeting = settings, greeting
        self._client: smtplib.SMTP | None = None
        self._pipelines = False

    @property
    def is_open(self) -> bool:
        return self._client is not None

    def open(self) -> None:
        """Connect, greet, encrypt and log in where asked to. Raises OSError or SMTPException."""
        if self._client is None:
            self._client = self._connect()
            self._pipelines = self._client.has_extn("pipelining")

    def close(self) -> None:
        """Leave politely; never raises."""
        client, self._client = self._client, None
        if client is not None:
            try:
                client.quit()
            except _BROKEN:
                client.close()

    def deliver(self, letters: Pile, tell: Tell) -> None:
        """Take letters off the queue until it is empty or the connection is gone; `tell` hears what became of each.

        A letter whose envelope had gone out when the connection broke was not sent: it goes back into the queue.
        """
        letter, is_begun = None, False
        while self._client is not None:
            if letter is None:
                letter, is_begun = letters.take(), False
            if letter is None:
                return
            letter, is_begun = self._deliver_one(self._client, letter, is_begun, letters, tell)
        if letter is not None:
            letters.give_back(letter)

    def _deliver_one(
        self, client: smtplib.SMTP, letter: Letter, is_begun: bool, letters: Pile, tell: Tell
    ) -> tuple[Letter | None, bool]:
        """One letter to its answer. Gives back the letter to go on with and whether its envelope is out."""
        try:
            refused = self._envelope(client, letter, is_begun)
        except _BROKEN:
            self.drop()
            return letter, False
        if refused is not None:
            tell(letter, refused)
            return None, False
        following = letters.take() if self._pipelines else None
        if not self._hand_over(client, letter, following):
            if following is not None:
                letters.give_back(following)
            return letter, False
        tell(letter, self._verdict(client, letter))
        return following, following is not None

    def _envelope(self, client: smtplib.SMTP, letter: Letter, is_begun: bool) -> Answer | None:
        """MAIL, RCPT, DATA. None when the server said go ahead; else what its refusal means."""
        if self._pipelines:
            if not is_begun:
                client.send("\r\n".join((*letter.envelope, "")))
            replies = [client.getreply() for _ in _STAGES]
        else:
            replies = []
            for stage, command in zip(_STAGES, letter.envelope, strict=True):
                replies.append(client.docmd(command))
                if not _is_good(stage, replies[-1][0]):
                    break
        for stage, (code, text) in zip(_STAGES, replies, strict=False):
            if not _is_good(stage, code):
                self._forget(client, replies)
                return judge_reply(letter.message_id, stage, code, text.decode("utf-8", "replace"))
        return None

    def _hand_over(self, client: smtplib.SMTP, letter: Letter, following: Letter | None) -> bool:
        """The mail, its final dot and, in the same packet, the next envelope. False when the dot did not go out."""
        content = _dotted(letter.mail)
        after = "\r\n".join((*following.envelope, "")).encode("ascii") if following is not None else b""
        sock, whole, sent = client.sock, memoryview(content + after), 0
        try:
            if sock is None:
                raise OSError
            while sent < len(whole):
                sent += sock.send(whole[sent:])
        except _BROKEN:
            if sent < len(content):
                self.drop()
                return False
        return True

    def _verdict(self, client: smtplib.SMTP, letter: Letter) -> Answer:
        """The reply to the final dot. From here on no reply means that nobody knows."""
        try:
            code, text = client.getreply()
        except _BROKEN:
            self.drop()
            return Answer(letter.message_id, Status.UNKNOWN, Reason.ANSWER_LOST, "connection_lost")
        if code == _READY:
            return Answer(letter.message_id, Status.ACCEPTED, provider_code=str(code))
        if code == _CLOSING or not 400 <= code < 600:
            self.drop()
        if not 400 <= code < 600:
            return Answer(letter.message_id, Status.UNKNOWN, Reason.ANSWER_LOST, "not_an_answer")
        return judge_reply(letter.message_id, "data", code, text.decode("utf-8", "replace"))

    def _forget(self, client: smtplib.SMTP, replies: list[tuple[int, bytes]]) -> None:
        """Leave the refused transaction, so that the next one starts clean.

        A server may say go ahead although it took no recipient (RFC 2920 3.1): it then gets a mail without content,
        which it must refuse.
        """
        codes = [code for code, _ in replies]
        try:
            if codes[-1] == _GO_AHEAD:
                client.send(b".\r\n")
                client.getreply()
            is_clean = _CLOSING not in codes and client.docmd("RSET")[0] == _READY
        except _BROKEN:
            is_clean = False
        if not is_clean:
            self.drop()

    def drop(self) -> None:
        """Hang up at once; never raises."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _connect(self) -> smtplib.SMTP:
        settings = self.settings
        client = smtplib.SMTP(
            settings.host, settings.port, local_hostname=self.greeting, timeout=settings.timeout
        )
        try:
            # A final dot must not wait for the acknowledgement of what went before it.
            if client.sock is not None:
                client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.ehlo_or_helo_if_needed()
            self._encrypt(client)
            if settings.user:
                client.login(settings.user, settings.password.get_secret_value())
        except BaseException:
            client.close()
            raise
        return client

    def _encrypt(self, client: smtplib.SMTP) -> None:
        wanted, offered = self.settings.starttls, client.has_extn("starttls")
        if wanted == "never" or (wanted == "offered" and not offered):
            return
        # "offered" is opportunistic, as between mail servers; "always" also checks who answers.
        context = ssl.create_default_context()
        if wanted == "offered":
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        client.starttls(context=context)
        client.ehlo()


def _is_good(stage: str, code: int) -> bool:
    return code == _GO_AHEAD if stage == "data" else 200 <= code < 300


def _dotted(mail: bytes) -> bytes:
    """The body of DATA: lines that begin with a dot get another (RFC 5321 4.5.2), and the final dot."""
    stuffed = mail.replace(b"\r\n.", b"\r\n..")
    return stuffed + (b"" if stuffed.endswith(b"\r\n") else b"\r\n") + b".\r\n"
