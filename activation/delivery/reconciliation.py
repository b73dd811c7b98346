"""Messages whose answer was lost, where the vendor can be asked what became of them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from activation.channels.contract import Answer, Capabilities, ChannelDown, LooksUp, Reason, Request, Status
from activation.delivery.ledger import Result
from activation.delivery.settlement import Claimed, put_off, refuse, settle
from activation.gates import Refusal
from kith.log import get_logger

_LOG = get_logger(__name__)
_AGAIN_AFTER = timedelta(minutes=5)


def look_up(
    vendor: LooksUp,
    capabilities: Capabilities,
    items: Sequence[Claimed],
    requests: Sequence[Request | Refusal],
    now: datetime,
) -> tuple[list[Result], list[Claimed]]:
    """Ask the vendor of each. Answers what is settled by it, and what it never took: free of doubt, to be sent.

    A message that may no longer leave is not asked about and stays unknown; a look-up that fails is tried later.
    """
    settled: list[Result] = []
    free: list[Claimed] = []
    for item, request in zip(items, requests, strict=True):
        if isinstance(request, Refusal):
            settled.append((item, refuse(item, request.outcome, request.reason, request.detail)))
            continue
        answer, certain = _ask(vendor, request), _without_doubt(item)
        if answer is None:
            free.append(certain)
        elif answer.status is Status.UNKNOWN:
            settled.append((item, put_off(item, Reason.ANSWER_LOST, answer.detail, now + _AGAIN_AFTER)))
        else:
            settled.append((certain, settle(certain, answer, capabilities, now)))
    return settled, free


def _without_doubt(item: Claimed) -> Claimed:
    return replace(item, is_uncertain=False, trail=replace(item.trail, pinned=""))


def _ask(vendor: LooksUp, request: Request) -> Answer | None:
    """Whatever a look-up raises, we know no more than before."""
    try:
        return vendor.look_up(request)
    except ChannelDown:
        detail = "look_up_unreachable"
    except Exception:
        _LOG.exception("a look-up broke")
        detail = "look_up_broke"
    return Answer(request.message_id, Status.UNKNOWN, Reason.ANSWER_LOST, detail)
