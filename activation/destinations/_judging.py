"""What an HTTP exchange means for a batch, where a vendor says no more than its status."""

from __future__ import annotations

from collections.abc import Mapping

from activation.destinations.contract import Answer, Verdict, accepted, deferred, rejected, unknown
from activation.http import Exchange, Fate

#: Said of whoever calls, not of what is called for: every further batch would hear the same.
_HALTS: Mapping[int, str] = {
    401: "login_refused",
    403: "not_allowed",
    402: "account_unpaid",
    404: "no_such_place",
    410: "place_gone",
}
_LATER = frozenset({408, 409, 423, 425, 429, 503, 529})
_TOO_LARGE = 413


def judge_http(exchange: Exchange, halts: Mapping[int, str] = _HALTS) -> Answer:
    """Accepted on 2xx; later, lost, refused or too large by the status. A body that is refused whole is split, so that
    one bad row costs itself alone."""
    if exchange.fate is Fate.NOT_SENT:
        return Answer(deferred(exchange.problem or "not_sent"))
    if exchange.may_have_worked:
        return Answer(
            unknown(exchange.problem or "server_error", _code(exchange)), retry_after=exchange.retry_after
        )
    if exchange.is_success:
        return Answer(accepted())
    if exchange.status in _LATER:
        detail = "throttled" if exchange.status == 429 else "unavailable"
        return Answer(deferred(detail, _code(exchange)), retry_after=exchange.retry_after)
    if exchange.status in halts:
        return Answer(deferred(halts[exchange.status], _code(exchange)), is_halt=True)
    if 300 <= exchange.status < 400:
        return Answer(deferred("redirected", _code(exchange)), is_halt=True)
    if exchange.status == _TOO_LARGE or 400 <= exchange.status < 500:
        return Answer(rejected("refused", _code(exchange)), must_split=True)
    return Answer(unknown("server_error", _code(exchange)), retry_after=exchange.retry_after)


def _code(exchange: Exchange) -> str:
    return str(exchange.status or "")


def verdict_of_lost(exchange: Exchange) -> Verdict:
    """For a look-up after a push: nothing was lost by asking."""
    return deferred(exchange.problem or "no_answer", _code(exchange))
