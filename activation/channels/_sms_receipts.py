"""What Twilio and Vonage tell of a text afterwards, and the texts that people send back."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from activation.channels._phones import from_digits
from activation.channels._receiving import (
    MESSAGE_QUERY,
    event_id,
    from_seconds,
    nothing_but,
    query,
)
from activation.channels._twilio import CODES as TWILIO_CODES
from activation.channels._verdicts import Verdict, afterwards, dead_address, policy
from activation.channels.contract import ANSWERED, Inbound, Reading, Receipt, Status

_TWIML = b"<Response/>"  # Twilio reads the body of its reply: this one says nothing to the person
_TWILIO = {
    **dict.fromkeys(("accepted", "scheduled", "queued", "sending", "sent"), Status.ACCEPTED),
    "delivered": Status.DELIVERED,
    "partially_delivered": Status.DELIVERED,
    "read": Status.OPENED,
    "canceled": Status.FAILED,
}
_VONAGE = {
    "accepted": Status.ACCEPTED,
    "buffered": Status.ACCEPTED,
    "delivered": Status.DELIVERED,
    "expired": Status.BOUNCED,
    "failed": Status.BOUNCED,
    "rejected": Status.REJECTED,
    "unknown": Status.ACCEPTED,  # "no word from the carrier": what we knew before
}
#: err-code of a Vonage receipt.
VONAGE_ERRORS: Mapping[str, Verdict] = {
    "2": dead_address("absent", suppress_after=5),
    "3": dead_address("absent_for_good"),
    "4": policy("barred_by_user", suppress_after=1),
    "5": dead_address("portability", suppress_after=3),
    "6": policy("carrier_filter"),
    "7": dead_address("handset_busy", suppress_after=5),
    "8": dead_address("network_error", suppress_after=5),
    "9": dead_address("illegal_number"),
    "10": policy("bad_content"),
    "11": dead_address("unroutable"),
    "12": dead_address("unreachable", suppress_after=5),
    "13": policy("age_restriction"),
    "14": policy("blocked_by_carrier"),
    "15": policy("no_credit_on_phone"),
}


def read_twilio(fields: Sequence[tuple[str, str]], inbound: Inbound) -> Reading:
    """A genuine call-back of Twilio's: a status, or a text that came in."""
    told = dict(fields)
    sid = told.get("MessageSid") or told.get("SmsSid") or ""
    status = (told.get("MessageStatus") or told.get("SmsStatus") or "").lower()
    if not sid or not status:
        return nothing_but("no_message", inbound.body)
    if status in ("received", "receiving"):
        return _twilio_reply(told, sid, inbound)
    code = told.get("ErrorCode") or ""
    verdict = TWILIO_CODES.get(code)
    known = _TWILIO.get(status) or (_failed(verdict) if status in ("undelivered", "failed") else None)
    if known is None:
        return nothing_but("unknown_status", inbound.body)
    is_bad = status in ("undelivered", "failed")
    receipt = Receipt(
        event_id("twilio", sid, status, code),
        known,
        inbound.received_at,
        message_id=query(inbound.url).get(MESSAGE_QUERY, ""),
        provider_message_id=sid,
        address=told.get("To", ""),
        detail=verdict.detail if verdict and is_bad else status,
        provider_code=code,
        suppress_after=verdict.suppress_after if verdict and is_bad else 0,
    )
    return Reading([receipt], reply=_TWIML, content_type="text/xml")


def read_vonage(told: Mapping[str, str], inbound: Inbound) -> Reading:
    """A genuine call-back of Vonage's: a delivery receipt, or a text that came in."""
    message = told.get("messageId") or told.get("message-id") or ""
    if not message:
        return nothing_but("no_message", inbound.body)
    if "status" in told:
        return _vonage_receipt(told, message, inbound)
    if told.get("msisdn") and "text" in told:
        return _vonage_reply(told, message, inbound)
    return nothing_but("no_message", inbound.body)


def _failed(verdict: Verdict | None) -> Status:
    return afterwards(verdict) if verdict is not None else Status.BOUNCED


def _twilio_reply(told: Mapping[str, str], sid: str, inbound: Inbound) -> Reading:
    """`OptOutType` is there where Twilio itself understood a word; STOP is then already in force at Twilio."""
    text, understood = told.get("Body", ""), told.get("OptOutType", "")
    is_stop = understood == "STOP"
    receipt = Receipt(
        event_id("twilio", sid, "received"),
        Status.UNSUBSCRIBED if is_stop else Status.REPLIED,
        inbound.received_at,
        address=told.get("From", ""),
        detail="opted_out" if is_stop else ANSWERED if understood == "HELP" else "",
        text=text,
    )
    return Reading([receipt], reply=_TWIML, content_type="text/xml")


def _vonage_receipt(told: Mapping[str, str], message: str, inbound: Inbound) -> Reading:
    status, code = told["status"].lower(), told.get("err-code") or "0"
    known = _VONAGE.get(status)
    if known is None:
        return nothing_but("unknown_status", inbound.body)
    verdict = VONAGE_ERRORS.get(code) if known in (Status.BOUNCED, Status.REJECTED) else None
    receipt = Receipt(
        event_id("vonage", message, status, code, told.get("msisdn", "")),
        afterwards(verdict) if verdict else known,
        _moment(told, inbound.received_at),
        message_id=told.get("client-ref", ""),
        provider_message_id=message,
        address=from_digits(told.get("msisdn", "")),
        detail=verdict.detail if verdict else status,
        provider_code=code if code != "0" else "",
        suppress_after=verdict.suppress_after if verdict else 0,
        cost=_money(told.get("price", "")),
        currency="EUR" if told.get("price") else "",
    )
    return Reading([receipt])


def _vonage_reply(told: Mapping[str, str], message: str, inbound: Inbound) -> Reading:
    """Each part of a long text is an event of its own; only the first holds the word that counts."""
    receipt = Receipt(
        event_id("vonage", message, "received"),
        Status.REPLIED,
        _moment(told, inbound.received_at),
        address=from_digits(told["msisdn"]),
        detail=f"part_{told['concat-part']}" if told.get("concat-part", "").isdigit() else "",
        text=told["text"],
    )
    return Reading([receipt])


def _moment(told: Mapping[str, str], otherwise: datetime) -> datetime:
    """`timestamp` (Unix, on signed calls), else `message-timestamp` (UTC)."""
    if told.get("timestamp", "").isdigit():
        return from_seconds(told["timestamp"], otherwise)
    try:
        found = datetime.fromisoformat(told.get("message-timestamp", "")).replace(tzinfo=UTC)
    except ValueError:
        return otherwise
    return min(found, otherwise)


def _money(told: str) -> Decimal | None:
    try:
        found = Decimal(told)
    except InvalidOperation:
        return None
    return found if found.is_finite() and found >= 0 else None
