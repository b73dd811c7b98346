"""Mail that comes back: delivery reports (RFC 3464) and complaints (ARF, RFC 5965), as receipts.

Both are unauthenticated text. What they say counts against an address only where the mail came to a return path that
we signed for that very message; without one they are a hint: a receipt that costs nobody their place.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from email.utils import parsedate_to_datetime

from activation.channels._receiving import event_id, unread
from activation.channels._status_codes import judge_reply
from activation.channels._verp import ReturnPath
from activation.channels.contract import Reading, Receipt, Status, Unread

LARGEST = 1 << 20
_REPLY = re.compile(r"(?:^|;\s*|\s)([45]\d\d)(?=[\s-])")
_OURS = re.compile(r"<?([0-9a-f]{32})@")
#: Where a mail server notes to which address it delivered.
_DELIVERED_TO = ("to", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to")
_ADDRESS_FIELDS = ("original-recipient", "final-recipient")
_COMPLAINTS = frozenset({"abuse", "fraud", "virus", "other"})


def read_bounce(raw: bytes, return_path: ReturnPath | None, now: datetime) -> Reading:
    """One mail that came to the bounce mailbox. Never raises for what it holds."""
    if len(raw) > LARGEST:
        return Reading(unread=[unread("too_long", raw[:2_000].decode("utf-8", "replace"))])
    try:
        mail = message_from_bytes(raw, policy=policy.compat32)
        found = list(_read(mail, return_path, now))
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return Reading(unread=[unread("not_understood", raw.decode("utf-8", "replace"))])
    return Reading(
        receipts=[each for each in found if isinstance(each, Receipt)],
        unread=[each for each in found if isinstance(each, Unread)],
    )


def _read(mail: Message, return_path: ReturnPath | None, now: datetime) -> Iterator[Receipt | Unread]:
    """The report's own parts say what it is; its declared type is not always right."""
    parts = list(mail.walk())
    sent_to = " ".join(str(value) for name in _DELIVERED_TO for value in mail.get_all(name, []))
    proven = return_path.message_in(sent_to) if return_path is not None else ""
    message_id = proven or _original(parts)
    moment = _date(mail, now)
    kinds = {part.get_content_type(): part for part in parts}
    status = kinds.get("message/delivery-status") or kinds.get("message/global-delivery-status")
    if status is not None:
        yield from _delivery(status, message_id, bool(proven), moment)
    elif (feedback := kinds.get("message/feedback-report")) is not None:
        yield _feedback(feedback, message_id, bool(proven), moment)
    elif str(mail.get("auto-submitted", "no")).strip().lower() not in ("", "no"):
        yield unread("auto_reply", _start(mail))
    else:
        yield unread("no_report", _start(mail))


def _delivery(part: Message, message_id: str, is_proven: bool, now: datetime) -> Iterator[Receipt | Unread]:
    groups = [_fields(group) for group in _groups(part)]
    recipients = [group for group in groups if "action" in group or "status" in group]
    if not recipients:
        yield unread("no_recipient", str(part.get_payload())[:2_000])
    for fields in recipients:
        yield _outcome(fields, message_id, is_proven, now)


def _outcome(fields: dict[str, str], message_id: str, is_proven: bool, now: datetime) -> Receipt | Unread:
    action, address = fields.get("action", "").lower().split(" ")[0], _address(fields)
    if not message_id:
        return unread("unmatched", str(fields))
    name = event_id("dsn", message_id, action, fields.get("status", ""), address)
    if action == "delayed":
        return Receipt(name, Status.DEFERRED, now, message_id, address=address, detail="delayed")
    if action == "delivered":
        return Receipt(name, Status.DELIVERED, now, message_id, address=address, detail="reported")
    if action != "failed":  # relayed and expanded: it went on to where nobody reports
        return unread(action if action in ("relayed", "expanded") else "no_action", str(fields))
    code, detail, suppress_after = _verdict(fields)
    return Receipt(
        name,
        Status.BOUNCED,
        now,
        message_id,
        address=address,
        detail=detail,
        provider_code=code,
        suppress_after=suppress_after if is_proven else 0,
    )


def _verdict(fields: dict[str, str]) -> tuple[str, str, int]:
    """Codes, detail and cost of a failure. A 4.x.x with Action failed means that they gave up: the address may be
    fine."""
    diagnosis = fields.get("diagnostic-code", "")
    enhanced = re.match(r"\s*([245]\.\d{1,3}\.\d{1,3})", fields.get("status", ""))
    reply = _REPLY.search(diagnosis)
    status = enhanced[1] if enhanced else ""
    text = diagnosis.partition(";")[2].strip() or diagnosis
    words = re.sub(r"^[45]\d\d[\s-]+([245]\.\d{1,3}\.\d{1,3})?", "", text).strip()
    code = int(reply[1]) if reply else (450 if status.startswith("4") else 550)
    answer = judge_reply("", "rcpt", code, f"{status} {words}".strip())
    is_transient = status.startswith("4") or code < 500
    return (
        f"{reply[1] if reply else ''} {status}".strip(),
        answer.detail,
        0 if is_transient else answer.suppress_after,
    )


def _feedback(part: Message, message_id: str, is_proven: bool, now: datetime) -> Receipt | Unread:
    fields = {name: value for group in _groups(part) for name, value in _fields(group).items()}
    kind = fields.get("feedback-type", "").lower()
    if kind not in _COMPLAINTS:
        return unread(
            {"not-spam": "not_spam", "auth-failure": "auth_failure"}.get(kind, "no_complaint"), str(fields)
        )
    if not message_id:
        return unread("unmatched", str(fields))
    address = fields.get("original-rcpt-to", "").strip("<> ")
    name = event_id("arf", message_id, kind)
    return Receipt(
        name,
        Status.COMPLAINED,
        now,
        message_id,
        address=address,
        detail=kind,
        suppress_after=1 if is_proven else 0,
    )


def _groups(part: Message) -> list[Message | str]:
    """The groups of fields. Python reads message/delivery-status as a list of headers, any other message/… as one
    message whose text holds the later groups, and the rest as text."""
    payload = part.get_payload()
    if isinstance(payload, list):
        messages = [each for each in payload if isinstance(each, Message)]
        texts = [str(each.get_payload()) for each in messages if each.keys() and not each.is_multipart()]
        return [
            *messages,
            *(group for text in texts for group in re.split(r"\r?\n\r?\n", text) if group.strip()),
        ]
    raw = part.get_payload(decode=True)
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(payload)
    return list(re.split(r"\r?\n\r?\n", text))


def _fields(group: Message | str) -> dict[str, str]:
    """By lower-case name; the first of a repeated one."""
    if isinstance(group, Message) and not group.keys() and isinstance(group.get_payload(), str):
        group = str(group.get_payload())
    if isinstance(group, str):
        unfolded = re.sub(r"\r?\n[ \t]+", " ", group)
        pairs = [line.partition(":")[::2] for line in unfolded.splitlines() if ":" in line]
    else:
        pairs = [(name, re.sub(r"\s+", " ", str(value))) for name, value in group.items()]
    found: dict[str, str] = {}
    for name, value in pairs:
        found.setdefault(name.strip().lower(), value.strip())
    return found


def _address(fields: dict[str, str]) -> str:
    """`rfc822; ada@shop.example` → the address; the original one where a forwarder rewrote it."""
    for name in _ADDRESS_FIELDS:
        if name in fields:
            return fields[name].partition(";")[2].strip().strip("<>") or fields[name].strip()
    return ""


def _original(parts: list[Message]) -> str:
    """Our message id in the mail that came back, or in its headers alone."""
    for part in parts[1:]:
        texts = [str(part.get("message-id", ""))]
        if part.get_content_type() == "text/rfc822-headers":
            raw = part.get_payload(decode=True)
            head = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else ""
            texts = re.findall(r"(?im)^message-id:\s*(\S+)", head)
        for text in texts:
            if found := _OURS.match(text.strip()):
                return found[1]
    return ""


def _date(mail: Message, now: datetime) -> datetime:
    try:
        found = parsedate_to_datetime(str(mail.get("date", "")))
    except (ValueError, TypeError, IndexError):
        return now
    return found if found.tzinfo is not None and found <= now else now


def _start(mail: Message | EmailMessage) -> str:
    return str(mail.get("subject", ""))[:200]
