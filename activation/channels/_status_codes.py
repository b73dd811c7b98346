"""SMTP replies → what became of the message. Codes: RFC 5321, RFC 3463 and the IANA registry of enhanced
codes.

The class of the reply (4 or 5) decides whether to try again, the enhanced code's subject and detail give the
reason, because servers let the two disagree (552 5.2.2, 550 4.x).
"""

import re
from dataclasses import dataclass

from activation.channels.contract import Answer, Reason, Status

_ENHANCED = re.compile(r"^\s*([245])\.(\d{1,3})\.(\d{1,3})\b")


@dataclass(frozen=True)
class Verdict:
    """`status`: for a permanent reply (a transient one is always deferred). The rest: see contract.Answer."""

    reason: Reason
    detail: str
    status: Status = Status.REJECTED
    suppress_after: int = 0
    is_halt: bool = False


_DEAD, _DOUBTFUL, _FULL = 1, 2, 5
_OURS = Status.FAILED

# subject.detail of the enhanced code. Policy, spam and reputation never cost the person their place on the
# list.
_BY_CODE: dict[str, Verdict] = {
    "1.1": Verdict(Reason.ADDRESS_REFUSED, "no_mailbox", suppress_after=_DEAD),
    "1.2": Verdict(Reason.ADDRESS_REFUSED, "no_domain", suppress_after=_DOUBTFUL),
    "1.3": Verdict(Reason.ADDRESS_REFUSED, "bad_address", suppress_after=_DEAD),
    "1.6": Verdict(Reason.ADDRESS_REFUSED, "mailbox_moved", suppress_after=_DEAD),
    "1.7": Verdict(Reason.CHANNEL_MISCONFIGURED, "sender_refused", _OURS),
    "1.8": Verdict(Reason.CHANNEL_MISCONFIGURED, "sender_refused", _OURS),
    "1.10": Verdict(Reason.ADDRESS_REFUSED, "null_mx", suppress_after=_DEAD),
    "2.1": Verdict(Reason.ADDRESS_REFUSED, "mailbox_disabled", suppress_after=_DOUBTFUL),
    "2.2": Verdict(Reason.ADDRESS_REFUSED, "mailbox_full", suppress_after=_FULL),
    "2.3": Verdict(Reason.CONTENT_REFUSED, "message_too_big", _OURS),
    "3.1": Verdict(Reason.CHANNEL_UNAVAILABLE, "system_full"),
    "3.2": Verdict(Reason.CHANNEL_UNAVAILABLE, "not_accepting"),
    "3.4": Verdict(Reason.CONTENT_REFUSED, "message_too_big", _OURS),
    "4.1": Verdict(Reason.ADDRESS_REFUSED, "no_route", suppress_after=_DOUBTFUL),
    "4.2": Verdict(Reason.CHANNEL_UNAVAILABLE, "bad_connection"),
    "4.4": Verdict(Reason.ADDRESS_REFUSED, "no_route", suppress_after=_DOUBTFUL),
    "4.6": Verdict(Reason.ADDRESS_REFUSED, "mail_loop"),
    "4.7": Verdict(Reason.CHANNEL_UNAVAILABLE, "gave_up"),
    "7.0": Verdict(Reason.POLICY_REFUSED, "policy"),
    "7.1": Verdict(Reason.POLICY_REFUSED, "policy"),
    "7.8": Verdict(Reason.CHANNEL_MISCONFIGURED, "login_refused", _OURS, is_halt=True),
    "7.28": Verdict(Reason.RATE_LIMITED, "rate_limited"),
} | {
    f"7.{detail}": Verdict(Reason.CHANNEL_MISCONFIGURED, "sender_unauthenticated", _OURS, is_halt=True)
    for detail in (9, 10, 11, 12, 13, 20, 21, 22, 23, 25, 26, 27, 515)
}

# Whole subjects, when the detail is not listed.
_BY_SUBJECT: dict[str, Verdict] = {
    "5": Verdict(Reason.CHANNEL_MISCONFIGURED, "protocol_refused", _OURS),
    "6": Verdict(Reason.CONTENT_REFUSED, "content_refused", _OURS),
    "7": Verdict(Reason.POLICY_REFUSED, "policy"),
}

# Replies without a useful code (bare 550, x.0.0, 5.7.1 used for everything) still say it in words.
_BY_WORDS: tuple[tuple[re.Pattern[str], Verdict], ...] = (
    (re.compile(r"gr[ea]ylist", re.I), Verdict(Reason.CHANNEL_UNAVAILABLE, "greylisted")),
    (
        re.compile(
            r"(user|recipient|mailbox|address)\s+(is\s+)?(unknown|not found|unavailable|does\s*n.t exist)"
            r"|(no such|unknown|invalid) (user|recipient|mailbox)|does not exist",
            re.I,
        ),
        Verdict(Reason.ADDRESS_REFUSED, "no_mailbox", suppress_after=_DEAD),
    ),
    (
        re.compile(r"quota|mailbox (is )?full", re.I),
        Verdict(Reason.ADDRESS_REFUSED, "mailbox_full", suppress_after=_FULL),
    ),
    (re.compile(r"spam|blocked|blacklist|reputation", re.I), Verdict(Reason.POLICY_REFUSED, "policy")),
)
_UNCODED = frozenset({"0.0", "7.0", "7.1"})

# Basic codes that mean one thing wherever they come.
_LOGIN: dict[int, Verdict] = {
    530: Verdict(Reason.CHANNEL_MISCONFIGURED, "login_required", _OURS, is_halt=True),
    534: Verdict(Reason.CHANNEL_MISCONFIGURED, "login_refused", _OURS, is_halt=True),
    535: Verdict(Reason.CHANNEL_MISCONFIGURED, "login_refused", _OURS, is_halt=True),
}
# A bare 553 may also say that we may not relay, so it costs no address its place.
_BY_REPLY: dict[int, Verdict] = {
    421: Verdict(Reason.CHANNEL_UNAVAILABLE, "closing"),
    552: Verdict(Reason.ADDRESS_REFUSED, "mailbox_full", suppress_after=_FULL),
    553: Verdict(Reason.ADDRESS_REFUSED, "bad_address"),
}
_PROTOCOL_REPLIES = range(500, 506)


def judge_reply(message_id: str, stage: str, code: int, text: str) -> Answer:
    """The answer to a refusing reply.

    `stage` is the command it answers: "mail", "rcpt" or "data". Only a refusal of the recipient itself
    ("rcpt") may cost the address its place: a refused sender or body says nothing about the person.
    """
    found = _ENHANCED.match(text)
    key = f"{int(found[2])}.{int(found[3])}" if found else ""
    verdict = _find(code, key, text)
    enhanced = f"{found[1]}.{key}" if found else ""
    is_transient = 400 <= code < 500
    status = Status.DEFERRED if is_transient else verdict.status
    if stage == "mail" and status is Status.REJECTED:
        status = Status.FAILED
    return Answer(
        message_id,
        status,
        verdict.reason,
        verdict.detail,
        provider_code=f"{code} {enhanced}".strip(),
        suppress_after=verdict.suppress_after if stage == "rcpt" and not is_transient else 0,
        is_halt=verdict.is_halt and not is_transient,
    )


def _find(code: int, key: str, text: str) -> Verdict:
    if not key or key in _UNCODED:
        for pattern, verdict in _BY_WORDS:
            if pattern.search(text):
                return verdict
    if code in _LOGIN:  # 530 5.7.0 is not a policy about this message
        return _LOGIN[code]
    if key in _BY_CODE:
        return _BY_CODE[key]
    if key and key.split(".")[0] in _BY_SUBJECT:
        return _BY_SUBJECT[key.split(".")[0]]
    if code in _PROTOCOL_REPLIES:
        return Verdict(Reason.CHANNEL_MISCONFIGURED, "protocol_refused", _OURS)
    return _BY_REPLY.get(code, Verdict(Reason.POLICY_REFUSED, "unspecified"))
