"""What an answer says about trying again: permanent, transient and unknown told apart."""

from activation.channels.contract import Answer, Status
from activation.contract import Reason
from activation.routing.contract import Kind

_BY_STATUS = {
    Status.ACCEPTED: Kind.DONE,
    Status.UNKNOWN: Kind.UNKNOWN,
    Status.DEFERRED: Kind.TRANSIENT,
    Status.UNREACHABLE: Kind.CHANNEL,
    Status.REJECTED: Kind.PERMANENT,
    Status.FAILED: Kind.PERMANENT,
}
#: A failure for these reasons says that we and this vendor do not come together; the message is as good as before.
_OURS_WITH_THIS_VENDOR = frozenset(
    {Reason.CHANNEL_MISCONFIGURED, Reason.CHANNEL_UNAVAILABLE, Reason.RATE_LIMITED}
)
#: A recipient's own server put it off (greylisting, a full mailbox): no word about the vendor that carried it there.
_RECIPIENTS = frozenset({"greylisted", "mailbox_full"})


def kind_of(answer: Answer) -> Kind:
    """What follows for the message. A halt is the vendor's no to all of ours, so it is never about this message."""
    if answer.is_halt and answer.status is not Status.UNKNOWN:
        return Kind.VENDOR
    if answer.status is Status.FAILED and answer.reason in _OURS_WITH_THIS_VENDOR:
        return Kind.VENDOR
    return _BY_STATUS[answer.status]


def is_vendors_fault(answer: Answer) -> bool:
    """Whether it speaks against the vendor's health: a bad address doesn't, nor our being too fast."""
    if answer.reason is Reason.RATE_LIMITED or answer.detail in _RECIPIENTS:
        return False
    return kind_of(answer) in (Kind.VENDOR, Kind.UNKNOWN) or (
        answer.status is Status.DEFERRED and answer.reason is not Reason.ADDRESS_REFUSED
    )
