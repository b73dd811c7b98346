"""What a vendor's code means, as one row of a vendor's table, and what an HTTP status means where there is no code."""

from collections.abc import Mapping
from dataclasses import dataclass

from activation.channels.contract import Answer, Reason, Request, Status


@dataclass(frozen=True)
class Verdict:
    """One row of a table of codes. The fields are those of contract.Answer; `detail` is one snake_case word."""

    status: Status
    reason: Reason
    detail: str
    suppress_after: int = 0
    is_halt: bool = False

    def answer(
        self,
        request: Request,
        code: str = "",
        retry_after: float | None = None,
        provider_message_id: str = "",
    ) -> Answer:
        """This verdict on one request."""
        return Answer(
            request.message_id,
            self.status,
            self.reason,
            self.detail,
            provider_code=code,
            provider_message_id=provider_message_id,
            suppress_after=self.suppress_after,
            is_halt=self.is_halt,
            retry_after=retry_after,
        )


def later(detail: str, reason: Reason = Reason.CHANNEL_UNAVAILABLE) -> Verdict:
    """Certainly not sent; worth another try."""
    return Verdict(Status.DEFERRED, reason, detail)


def dead_address(detail: str, suppress_after: int = 1) -> Verdict:
    """The vendor speaks of the address itself."""
    return Verdict(Status.REJECTED, Reason.ADDRESS_REFUSED, detail, suppress_after)


def policy(detail: str, suppress_after: int = 0) -> Verdict:
    """The vendor, a carrier or the person does not want it; nothing is wrong with the address."""
    return Verdict(Status.REJECTED, Reason.POLICY_REFUSED, detail, suppress_after)


def nobody_there(detail: str) -> Verdict:
    """Not on this channel: another channel may reach them."""
    return Verdict(Status.UNREACHABLE, Reason.ADDRESS_REFUSED, detail)


def bad_content(detail: str) -> Verdict:
    """What we sent is wrong, and would be wrong again."""
    return Verdict(Status.FAILED, Reason.CONTENT_REFUSED, detail)


def our_setup(detail: str, is_halt: bool = True) -> Verdict:
    """How we are set up is wrong: our login, our sender, our account."""
    return Verdict(Status.FAILED, Reason.CHANNEL_MISCONFIGURED, detail, is_halt=is_halt)


def afterwards(verdict: Verdict) -> Status:
    """What the same code means once the message had been taken: told by a receipt, nothing is tried again."""
    if verdict.detail in ("opted_out", "marketing_stopped"):
        return Status.UNSUBSCRIBED
    if verdict.status is Status.REJECTED and verdict.reason is Reason.ADDRESS_REFUSED:
        return Status.BOUNCED
    if verdict.status in (Status.REJECTED, Status.UNREACHABLE):
        return verdict.status
    return Status.FAILED


UNCERTAIN = Verdict(Status.UNKNOWN, Reason.ANSWER_LOST, "not_an_answer")
LIMITED = later("rate_limited", Reason.RATE_LIMITED)
_BY_HTTP: Mapping[int, Verdict] = {
    400: bad_content("refused_request"),
    401: our_setup("login_refused"),
    402: our_setup("no_credit"),
    403: our_setup("forbidden"),
    404: our_setup("no_such_place"),
    405: our_setup("no_such_place"),
    408: later("timed_out"),
    410: our_setup("no_such_place"),
    413: bad_content("too_long"),
    422: bad_content("refused_request"),
    429: LIMITED,
}


def by_http(status: int) -> Verdict:
    """What a status without a word from the vendor means. A success without one is nothing to rely on."""
    if 200 <= status < 300:
        return UNCERTAIN
    if status in _BY_HTTP:
        return _BY_HTTP[status]
    if status >= 500:
        return later("server_error")
    return bad_content("refused_request") if status >= 400 else our_setup("redirected")
