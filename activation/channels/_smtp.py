"""One kept SMTP connection (RFC 5321), one message at a time, that knows how far each message got.

What matters is the instant at which the final dot has gone out: before it a lost connection means "not
sent", after it "we don't know". smtplib's own `sendmail` does not tell the two apart, so its commands are
driven one by one.
"""

import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from activation.channels._mime import build_mail, sendable, sender_domain
from activation.channels._status_codes import judge_reply
from activation.channels.contract import Answer, ChannelDown, Reason, Refused, Request, Status
from kith.settings import Section

_READY, _GO_AHEAD = 250, 354


class SmtpSettings(Section, prefix="KITH_SMTP_"):
    """Where mail is handed over. `sender` is the From address and the return path.

    Its default is in a domain that can never exist: real servers refuse it, so that a forgotten setting
    shows.
    """

    host: str
    port: int = 25
    sender: str = "no-reply@kith.example"
    sender_name: str = ""
    user: str = ""
    password: str = ""
    starttls: Literal["offered", "always", "never"] = "offered"
    timeout: float = 60.0


@dataclass(frozen=True)
class _Reply:
    code: int
    text: str


class SmtpConnection:
    """A channel (contract.Channel) over one TCP connection."""

    def __init__(self, settings: SmtpSettings) -> None:
        self.settings = settings
        self._client: smtplib.SMTP | None = None

    def open(self) -> None:
        if self._client is not None:
            return
        place = f"KITH_SMTP_HOST {self.settings.host}:{self.settings.port}"
        try:
            self._client = self._connect()
        except (OSError, smtplib.SMTPException) as error:
            raise ChannelDown(f"{place} can't be used: {type(error).__name__}") from error

    def send(self, batch: Sequence[Request]) -> list[Answer]:
        return [self._send_one(request) for request in batch]

    def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            try:
                client.quit()
            except (OSError, smtplib.SMTPException):
                client.close()

    def _connect(self) -> smtplib.SMTP:
        settings = self.settings
        domain = sender_domain(settings.sender)
        client = smtplib.SMTP(settings.host, settings.port, local_hostname=domain, timeout=settings.timeout)
        try:
            client.ehlo_or_helo_if_needed()
            self._encrypt(client)
            if settings.user:
                client.login(settings.user, settings.password)
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

    def _send_one(self, request: Request) -> Answer:
        try:
            mail = build_mail(request, self.settings.sender, self.settings.sender_name)
            recipient = sendable(request.address)
        except Refused as refusal:
            reason = Reason.ADDRESS_REFUSED if refusal.detail != "bad_header" else Reason.CONTENT_REFUSED
            return Answer(request.message_id, Status.FAILED, reason, refusal.detail)
        if self._client is None:
            return _deferred(request, "no_connection")
        try:
            refused = self._envelope(self._client, request.message_id, recipient)
            if refused is None:
                self._client.send(_dotted(mail))
        except (OSError, smtplib.SMTPException):
            self._drop()
            return _deferred(request, "connection_lost")
        return refused or self._verdict(self._client, request)

    def _envelope(self, client: smtplib.SMTP, message_id: str, recipient: str) -> Answer | None:
        """MAIL, RCPT, DATA. None when the server said go ahead; else what its refusal means."""
        steps = (
            ("mail", f"MAIL FROM:<{sendable(self.settings.sender)}>"),
            ("rcpt", f"RCPT TO:<{recipient}>"),
            ("data", "DATA"),
        )
        for stage, command in steps:
            reply = _said(client.docmd(command))
            if reply.code != _GO_AHEAD and (stage == "data" or not 200 <= reply.code < 300):
                self._forget(client, reply)
                return judge_reply(message_id, stage, reply.code, reply.text)
        return None

    def _verdict(self, client: smtplib.SMTP, request: Request) -> Answer:
        """The reply to the final dot. From here on no reply means that nobody knows."""
        try:
            reply = _said(client.getreply())
        except (OSError, smtplib.SMTPException):
            self._drop()
            return Answer(request.message_id, Status.UNKNOWN, Reason.ANSWER_LOST, "connection_lost")
        if reply.code == _READY:
            return Answer(request.message_id, Status.ACCEPTED, provider_code=str(reply.code))
        if reply.code == 421 or not 400 <= reply.code < 600:
            self._drop()
        if not 400 <= reply.code < 600:
            return Answer(request.message_id, Status.UNKNOWN, Reason.ANSWER_LOST, "not_an_answer")
        return judge_reply(request.message_id, "data", reply.code, reply.text)

    def _forget(self, client: smtplib.SMTP, reply: _Reply) -> None:
        """Leave the refused transaction, so that the next one starts clean."""
        try:
            is_clean = reply.code != 421 and _said(client.docmd("RSET")).code == _READY
        except (OSError, smtplib.SMTPException):
            is_clean = False
        if not is_clean:
            self._drop()

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()


def _said(reply: tuple[int, bytes]) -> _Reply:
    return _Reply(reply[0], reply[1].decode("utf-8", "replace"))


def _dotted(mail: bytes) -> bytes:
    """The body of DATA: lines that begin with a dot get another (RFC 5321 4.5.2), and the final dot."""
    stuffed = mail.replace(b"\r\n.", b"\r\n..")
    return stuffed + (b"" if stuffed.endswith(b"\r\n") else b"\r\n") + b".\r\n"


def _deferred(request: Request, detail: str) -> Answer:
    return Answer(request.message_id, Status.DEFERRED, Reason.CHANNEL_UNAVAILABLE, detail)
